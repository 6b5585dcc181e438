// Buttons and menus inside messages and views, and what happens when they are used.

import { confirmed, toast } from "./dialogs.js";
import { el } from "./dom.js";
import { glyphs } from "./glyphs.js";
import { control, held, isPicker } from "./inputs.js";
import { menu } from "./menu.js";
import { act, seen } from "./store.js";
import { link, textObject } from "./text.js";

// `where` names the place of the element: {channel, ts} or {view_id}.
export function element(item, blockId, where) {
  const draw = DRAWN[item.type] ?? (isPicker(item.type) ? picker : null);
  if (!draw) return null;
  const place = { ...where, block_id: blockId };
  const use = (node, value) => send(node, item, { ...place, value });
  return draw(item, use, place);
}

async function send(node, item, body) {
  if (!(await confirmed(item.confirm))) return false;
  const row = node.closest(".actions, .section, .context-actions") ?? node;
  const paused = [...row.querySelectorAll("button, select, input"), node].filter((other) => !other.disabled);
  paused.forEach((other) => (other.disabled = true));
  node.classList.add("busy");
  node.setAttribute("aria-busy", "true");
  try {
    await act("click", { action_id: item.action_id, ...body });
    return true;
  } catch (error) {
    toast(error.message);
    return false;
  } finally {
    paused.forEach((other) => (other.disabled = false));
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
    type: "button", class: "more", "aria-label": "More actions", "data-action": item.action_id,
  }, "⋯");
  return menu(node, item.options.map((option) => ({
    label: textObject(option.text),
    pick: () => {
      if (option.url) window.open(option.url, "_blank", "noopener,noreferrer");
      use(node, option.value);
    },
  })));
}

function picker(item, use, place) {
  const label = item.placeholder?.text ?? LABELS[item.type] ?? "Choose…";
  const node = control(item, {
    id: `${place.ts ?? place.view_id}-${item.action_id}`, "aria-label": label, "data-action": item.action_id,
  });
  if (node.classList.contains("choices")) node.setAttribute("role", "group");
  node.addEventListener("change", async () => {
    const value = held(node, item.type);
    if (value === "" && node.nodeName === "SELECT") return;
    if (!(await use(node, value))) node.replaceWith(picker(item, use, place));
  });
  return node;
}

const LABELS = {
  datepicker: "Date", timepicker: "Time", datetimepicker: "Date and time",
  radio_buttons: "Choices", checkboxes: "Choices",
};

// What this person thought of which answer, kept while its message is drawn anew.
const opinions = new Map();

function feedback(item, use, place) {
  const key = `${seen.me} ${place.ts ?? place.view_id} ${item.action_id}`;
  const nodes = ["positive_button", "negative_button"].map((side) => {
    const choice = item[side];
    const node = el("button", {
      type: "button", class: "quiet", "data-action": item.action_id, "aria-pressed": String(opinions.get(key) === choice.value),
      "aria-label": choice.accessibility_label ?? choice.text.text, title: choice.text.text,
    }, glyphs(side === "positive_button" ? "👍" : "👎"));
    node.addEventListener("click", async () => {
      if (!(await use(node, choice.value))) return;
      opinions.set(key, choice.value);
      nodes.forEach((other) => other.setAttribute("aria-pressed", String(other === node)));
    });
    return node;
  });
  return el("span", { class: "feedback", role: "group", "aria-label": "Feedback" }, nodes);
}

const DRAWN = {
  button,
  overflow,
  feedback_buttons: feedback,
  icon_button: (item, use, place) => button({
    ...item, text: { type: "plain_text", text: "🗑" }, accessibility_label: item.text.text,
  }, use, place),
  image: (item) => el("span", { class: "image-alt" }, glyphs(`🖼 ${item.alt_text}`)),
};
