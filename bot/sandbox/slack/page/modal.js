// A modal the app opened: its inputs, its errors, its sending and closing.

import { blocks } from "./blocks.js";
import { toast } from "./dialogs.js";
import { el } from "./dom.js";
import { options } from "./elements.js";
import { act, personName, seen } from "./store.js";
import { plain, textObject } from "./text.js";

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
    const control = field?.querySelector(".control");
    control?.setAttribute("aria-invalid", "true");
    control?.focus();
  }
}

function input(block) {
  const id = `field-${block.block_id}`;
  const item = block.element;
  const control = controlFor(item, id);
  const grouped = item.type === "radio_buttons" || item.type === "checkboxes";
  return el(grouped ? "fieldset" : "div", {
    class: "field", "data-block": block.block_id, "data-action": item.action_id, "data-type": item.type,
  },
    el(grouped ? "legend" : "label", grouped ? {} : { for: id }, textObject(block.label),
      block.optional ? el("span", { class: "optional" }, " (optional)") : null),
    control,
    block.hint ? el("p", { class: "hint" }, textObject(block.hint)) : null);
}

const TYPED = {
  number_input: "number", email_text_input: "email", url_text_input: "url",
  datepicker: "date", timepicker: "time",
};

function controlFor(item, id) {
  const common = { id, class: "control", placeholder: item.placeholder?.text };
  if (item.type === "plain_text_input" && item.multiline) {
    const node = el("textarea", { ...common, rows: 4, maxlength: item.max_length });
    node.value = item.initial_value ?? "";
    return node;
  }
  if (item.type === "radio_buttons" || item.type === "checkboxes") return choices(item, id);
  if (item.type.endsWith("static_select") || /(users|channels|conversations)_select$/.test(item.type)) {
    const multiple = item.type.startsWith("multi_");
    const node = el("select", { id, class: "control", multiple },
      multiple ? null : el("option", { value: "" }, item.placeholder?.text ?? "Choose…"), picks(item));
    node.value = item.initial_option?.value ?? item.initial_user ?? "";
    return node;
  }
  const node = el("input", { ...common, type: TYPED[item.type] ?? "text", maxlength: item.max_length });
  node.value = item.initial_value ?? item.initial_date ?? item.initial_time ?? "";
  return node;
}

function picks(item) {
  if (item.type.includes("users")) {
    return [...seen.users.values()].filter((user) => !user.is_bot && !user.deleted)
      .map((user) => el("option", { value: user.id }, personName(user.id)));
  }
  if (item.type.includes("static")) return options(item);
  return seen.channels.filter((place) => !place.is_im)
    .map((place) => el("option", { value: place.id }, `#${place.name}`));
}

function choices(item, id) {
  const kind = item.type === "checkboxes" ? "checkbox" : "radio";
  const initial = (item.initial_options ?? [item.initial_option]).map((option) => option?.value);
  return el("div", { class: "choices" }, item.options.map((option) => {
    const box = el("input", { type: kind, name: id, value: option.value, class: "control" });
    box.checked = initial.includes(option.value);
    return el("label", {}, box, el("span", {}, plain(option.text.text),
      option.description ? el("small", {}, plain(option.description.text)) : null));
  }));
}

function values(dialog) {
  const found = {};
  for (const field of dialog.querySelectorAll(".field")) {
    const { block, action, type } = field.dataset;
    const boxes = [...field.querySelectorAll("input:checked")].map((box) => box.value);
    const control = field.querySelector("textarea.control, select.control, input.control");
    let value = control.value;
    if (type === "checkboxes") value = boxes;
    else if (type === "radio_buttons") value = boxes[0] ?? null;
    else if (control.multiple) value = [...control.selectedOptions].map((option) => option.value);
    found[block] = { [action]: value };
  }
  return found;
}

function restore(dialog, kept) {
  for (const field of dialog.querySelectorAll(".field")) {
    const value = kept[field.dataset.block]?.[field.dataset.action];
    const control = field.querySelector("textarea.control, input.control:not([type=radio]):not([type=checkbox])");
    if (typeof value === "string" && control) control.value = value;
  }
}
