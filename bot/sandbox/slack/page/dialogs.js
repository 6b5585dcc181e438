// Short questions and short words: confirmations and toasts.

import { byId, el } from "./dom.js";
import { textObject } from "./text.js";

export function toast(words) {
  const node = el("div", { class: "toast" }, el("span", {}, words),
    el("button", { class: "icon-button", "aria-label": "Dismiss", onclick: () => node.remove() }, "×"));
  byId("toasts").append(node);
  setTimeout(() => node.remove(), 9000);
}

// Resolves to true once the person confirms; Escape and the deny button mean no.
export function confirmed(confirm) {
  if (!confirm) return Promise.resolve(true);
  return new Promise((resolve) => {
    const yes = el("button", { class: confirm.style === "danger" ? "danger" : "primary", value: "yes" },
      textObject(confirm.confirm));
    const dialog = el("dialog", { class: "dialog confirm", "aria-labelledby": "confirm-title" },
      el("form", { method: "dialog" },
        el("h2", { id: "confirm-title" }, textObject(confirm.title)),
        el("div", { class: "dialog-body" }, textObject(confirm.text)),
        el("div", { class: "dialog-foot" },
          el("button", { value: "no" }, textObject(confirm.deny)), yes)));
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
    yes.focus();
  });
}
