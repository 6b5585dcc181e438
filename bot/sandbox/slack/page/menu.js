// A button that opens a menu: by mouse, by thumb and by keyboard.

import { el } from "./dom.js";

// `entries` are {label, pick}; `pick` runs once the menu is shut again.
export function menu(node, entries) {
  const list = el("div", { class: "menu", role: "menu", hidden: true });
  node.setAttribute("aria-haspopup", "menu");
  node.setAttribute("aria-expanded", "false");
  const shut = () => {
    list.hidden = true;
    node.setAttribute("aria-expanded", "false");
    document.removeEventListener("click", outside, true);
  };
  const outside = (event) => list.contains(event.target) || node.contains(event.target) || shut();
  for (const { label, pick } of entries) {
    list.append(el("button", {
      type: "button", role: "menuitem", tabindex: "-1",
      onclick: () => {
        shut();
        node.focus();
        pick();
      },
    }, label));
  }
  node.addEventListener("click", () => {
    if (!list.hidden) return shut();
    list.hidden = false;
    node.setAttribute("aria-expanded", "true");
    turn(node, list);
    document.addEventListener("click", outside, true);
    list.firstChild.focus();
    return undefined;
  });
  list.addEventListener("keydown", (event) => {
    const choices = [...list.children];
    const now = choices.indexOf(document.activeElement);
    const next = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: -1 }[event.key];
    if (event.key === "Escape" || event.key === "Tab") {
      shut();
      node.focus();
      if (event.key === "Escape") event.stopPropagation();
    } else if (next !== undefined) {
      choices.at(next % choices.length).focus();
      event.preventDefault();
      event.stopPropagation();
    }
  });
  return el("span", { class: "menu-anchor" }, node, list);
}

// What opens the menu again, at the same entry, in whatever is drawn in the place of `old`.
export function reopening(old) {
  const opened = old?.querySelector("[aria-haspopup=menu][aria-expanded=true]");
  if (!opened) return null;
  const at = [...opened.nextSibling.children].indexOf(document.activeElement);
  return (drawn) => {
    const same = [...drawn.querySelectorAll("[aria-haspopup=menu]")].find((other) =>
      other.dataset.action === opened.dataset.action
      && other.getAttribute("aria-label") === opened.getAttribute("aria-label"));
    same?.click();
    same?.nextSibling.children[Math.max(at, 0)]?.focus();
  };
}

// Towards where there is room: a pane cuts off what stands out of it.
function turn(node, list) {
  const own = node.getBoundingClientRect();
  const pane = (node.closest(".pane, .dialog") ?? document.body).getBoundingClientRect();
  const frame = (node.closest(".scroll, .dialog-body") ?? document.body).getBoundingClientRect();
  list.classList.toggle("up", own.bottom + list.offsetHeight + 8 > Math.min(frame.bottom, window.innerHeight)
    && own.top - list.offsetHeight > frame.top);
  list.classList.toggle("left", own.left + list.offsetWidth + 8 > pane.right);
}
