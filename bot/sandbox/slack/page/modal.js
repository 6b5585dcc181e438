// A modal the app opened: its inputs, its errors, its sending and closing.

import { blocks } from "./blocks.js";
import { toast } from "./dialogs.js";
import { el } from "./dom.js";
import { control, held } from "./inputs.js";
import { act, seen } from "./store.js";
import { textObject } from "./text.js";

let shown = null;

// Brings the open dialog in line with the topmost view the server holds.
export function drawModal() {
  const view = seen.views.at(-1);
  if (!view) {
    shown?.dialog.remove();
    shown = null;
    return;
  }
  if (shown?.hash === view.hash) return;
  const kept = shown?.id === view.id ? values(shown.dialog) : {};
  shown?.dialog.remove();
  shown = { id: view.id, hash: view.hash, dialog: dialogFor(view) };
  document.body.append(shown.dialog);
  restore(shown.dialog, kept);
  shown.dialog.showModal();
  (shown.dialog.querySelector("textarea, input, select") ?? shown.dialog.querySelector(".submit"))?.focus();
}

function dialogFor(view) {
  const submit = view.submit
    ? el("button", { class: "primary submit", type: "submit" }, textObject(view.submit)) : null;
  const close = () => {
    dialog.close();
    act("close", { view_id: view.id }).catch((error) => toast(error.message));
  };
  const form = el("form", { novalidate: true },
    el("h2", { id: "modal-title" }, textObject(view.title)),
    el("div", { class: "dialog-body" }, view.blocks.flatMap((block) =>
      block.type === "input" ? input(block) : blocks([block], { view_id: view.id }))),
    el("div", { class: "dialog-foot" },
      el("button", { type: "button", onclick: close },
        view.close ? textObject(view.close) : "Cancel"),
      submit));
  const dialog = el("dialog", { class: "dialog modal", "aria-labelledby": "modal-title" }, form);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    close();
  });
  form.addEventListener("input", (event) => {
    event.target.closest(".field")?.querySelector(".field-error")?.remove();
    event.target.removeAttribute("aria-invalid");
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await send(view, dialog, submit);
  });
  return dialog;
}

async function send(view, dialog, submit) {
  submit.disabled = true;
  submit.classList.add("busy");
  showErrors(dialog, {});
  try {
    const answer = await act("submit", { view_id: view.id, values: values(dialog) });
    showErrors(dialog, answer.errors ?? {});
  } catch (error) {
    toast(error.message);
    showErrors(dialog, { "": error.message });
  } finally {
    submit.disabled = false;
    submit.classList.remove("busy");
  }
}

function showErrors(dialog, errors) {
  dialog.querySelectorAll(".field-error").forEach((node) => node.remove());
  dialog.querySelectorAll("[aria-invalid]").forEach((node) => node.removeAttribute("aria-invalid"));
  for (const [blockId, words] of Object.entries(errors)) {
    const field = [...dialog.querySelectorAll(".field")].find((node) => node.dataset.block === blockId);
    const note = el("p", { class: "field-error", role: "alert" }, words);
    (field ?? dialog.querySelector(".dialog-body")).append(note);
    const wrong = field?.querySelector(".control");
    wrong?.setAttribute("aria-invalid", "true");
    wrong?.focus();
  }
}

function input(block) {
  const id = `field-${block.block_id}`;
  const item = block.element;
  const grouped = item.type === "radio_buttons" || item.type === "checkboxes";
  return el(grouped ? "fieldset" : "div", {
    class: "field", "data-block": block.block_id, "data-action": item.action_id, "data-type": item.type,
  },
    el(grouped ? "legend" : "label", grouped ? {} : { for: id }, textObject(block.label),
      block.optional ? el("span", { class: "optional" }, " (optional)") : null),
    control(item, { id, class: "control" }),
    block.hint ? el("p", { class: "hint" }, textObject(block.hint)) : null);
}

function values(dialog) {
  const found = {};
  for (const field of dialog.querySelectorAll(".field")) {
    const { block, action, type } = field.dataset;
    found[block] = { [action]: held(field, type) };
  }
  return found;
}

function restore(dialog, kept) {
  for (const field of dialog.querySelectorAll(".field")) {
    const value = kept[field.dataset.block]?.[field.dataset.action];
    const typed = field.querySelector("textarea.control, input.control:not([type=radio]):not([type=checkbox])");
    if (typeof value === "string" && typed) typed.value = value;
  }
}
