// Buttons and menus inside messages and views, and what happens when they are used.

import { confirmed, toast } from "./dialogs.js";
import { el } from "./dom.js";
import { glyphs } from "./glyphs.js";
import { act } from "./store.js";
import { link, textObject } from "./text.js";

// `where` names the place of the element: {channel, ts} or {view_id}.
export function element(item, blockId, where) {
  const draw = DRAWN[item.type];
  if (!draw) return null;
  const place = { ...where, block_id: blockId };
  const use = (node, value) => send(node, item, { ...place, value });
  return draw(item, use, place);
}

async function send(node, item, body) {
  if (!(await confirmed(item.confirm))) return false;
  const row = node.closest(".actions, .section, .context-actions") ?? node;
  const held = [...row.querySelectorAll("button, select"), node].filter((other) => !other.disabled);
  held.forEach((other) => (other.disabled = true));
  node.classList.add("busy");
  node.setAttribute("aria-busy", "true");
  try {
    await act("click", { action_id: item.action_id, ...body });
    return true;
  } catch (error) {
    toast(error.message);
    return false;
  } finally {
    held.forEach((other) => (other.disabled = false));
    node.classList.remove("busy");
    node.removeAttribute("aria-busy");
  }
}

function button(item, use, place) {
  const attributes = {
    class: item.style ?? "",
    "data-action": item.action_id,
    "aria-label": item.accessibility_label,
  };
  if (item.url) {
    const anchor = link(item.url, "");
    if (anchor.nodeName === "A") {
      anchor.className = "button-link";
      anchor.dataset.action = item.action_id;
      if (item.accessibility_label) anchor.setAttribute("aria-label", item.accessibility_label);
      anchor.replaceChildren(...textObject(item.text));
      anchor.addEventListener("click", () => {
        // Following a link needs no app; Slack tells the app of it all the same.
        act("click", { ...place, action_id: item.action_id }).catch(() => {});
      });
      return anchor;
    }
  }
  const node = el("button", { type: "button", ...attributes }, textObject(item.text));
  node.addEventListener("click", () => use(node));
  return node;
}

function overflow(item, use) {
  const node = el("button", {
    type: "button", class: "more", "aria-haspopup": "menu", "aria-expanded": "false",
    "aria-label": item.accessibility_label ?? "More actions", "data-action": item.action_id,
  }, "⋯");
  const menu = el("div", { class: "menu", role: "menu", hidden: true });
  const shut = () => {
    menu.hidden = true;
    node.setAttribute("aria-expanded", "false");
    document.removeEventListener("click", outside, true);
  };
  const outside = (event) => menu.contains(event.target) || event.target === node || shut();
  for (const option of item.options) {
    const choice = el("button", { type: "button", role: "menuitem" }, textObject(option.text));
    choice.addEventListener("click", () => {
      shut();
      node.focus();
      if (option.url) window.open(option.url, "_blank", "noopener,noreferrer");
      use(node, option.value);
    });
    menu.append(choice);
  }
  node.addEventListener("click", () => {
    if (!menu.hidden) return shut();
    menu.hidden = false;
    node.setAttribute("aria-expanded", "true");
    menu.classList.toggle("up", node.getBoundingClientRect().bottom + 220 > window.innerHeight);
    menu.classList.toggle("left", node.getBoundingClientRect().left + 240 > window.innerWidth);
    document.addEventListener("click", outside, true);
    menu.firstChild.focus();
    return undefined;
  });
  menu.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") {
      shut();
      node.focus();
    } else if (step) {
      const choices = [...menu.children];
      const now = choices.indexOf(document.activeElement);
      choices[(now + step + choices.length) % choices.length].focus();
      event.preventDefault();
    }
  });
  return el("span", { class: "menu-anchor" }, node, menu);
}

export function options(item) {
  const one = (option) => el("option", { value: option.value }, textObject(option.text));
  if (!item.option_groups) return (item.options ?? []).map(one);
  return item.option_groups.map((group) =>
    el("optgroup", { label: group.label.text }, group.options.map(one)));
}

function select(item, use) {
  const hint = item.placeholder?.text ?? "Choose…";
  const node = el("select", { "aria-label": hint, "data-action": item.action_id },
    el("option", { value: "" }, hint), options(item));
  node.value = item.initial_option?.value ?? "";
  node.addEventListener("change", async () => {
    if (node.value && !(await use(node, node.value))) node.value = item.initial_option?.value ?? "";
  });
  return node;
}

function feedback(item, use) {
  const one = (side, mark) => {
    const choice = item[side];
    const node = el("button", {
      type: "button", class: "quiet", "data-action": item.action_id,
      "aria-label": choice.accessibility_label ?? choice.text.text,
    }, glyphs(mark));
    node.addEventListener("click", async () => {
      if (await use(node, choice.value)) node.classList.add("chosen");
    });
    return node;
  };
  return el("span", { class: "feedback" }, one("positive_button", "👍"), one("negative_button", "👎"));
}

const DRAWN = {
  button,
  overflow,
  static_select: select,
  feedback_buttons: feedback,
  icon_button: (item, use, place) => button({
    ...item, text: { type: "plain_text", text: "🗑" }, accessibility_label: item.text.text,
  }, use, place),
  image: (item) => el("span", { class: "image-alt" }, glyphs(`🖼 ${item.alt_text}`)),
};
