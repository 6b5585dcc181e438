// Menus, pickers and fields: the controls of modals, messages and the Home tab.

import { el } from "./dom.js";
import { personName, seen } from "./store.js";
import { plain, textObject } from "./text.js";

const TYPED = {
  number_input: "number", email_text_input: "email", url_text_input: "url",
  datepicker: "date", timepicker: "time", datetimepicker: "datetime-local",
};

export const isPicker = (type) => /(select|picker|radio_buttons|checkboxes)$/.test(type);

// The control of an element; `attributes` go to the node that holds the value.
export function control(item, attributes) {
  if (item.type === "radio_buttons" || item.type === "checkboxes") return choices(item, attributes);
  if (item.type.endsWith("select")) return select(item, attributes);
  const common = { ...attributes, placeholder: item.placeholder?.text, maxlength: item.max_length };
  if (item.type === "plain_text_input" && item.multiline) {
    const node = el("textarea", { ...common, rows: 4 });
    node.value = item.initial_value ?? "";
    return node;
  }
  const node = el("input", { ...common, type: TYPED[item.type] ?? "text" });
  node.value = item.initial_value ?? item.initial_date ?? item.initial_time ?? moment(item.initial_date_time);
  return node;
}

// What is chosen or typed below this node, as the server wants it.
export function held(root, type) {
  const boxes = [...root.querySelectorAll("input:checked")].map((box) => box.value);
  if (type === "checkboxes") return boxes;
  if (type === "radio_buttons") return boxes[0] ?? null;
  const selector = "textarea, select, input";
  const node = root.matches(selector) ? root : root.querySelector(selector);
  if (node.multiple) return [...node.selectedOptions].map((option) => option.value);
  if (type === "datetimepicker") return node.value ? Date.parse(node.value) / 1000 : null;
  return node.value;
}

function moment(seconds) {
  if (!seconds) return "";
  const at = new Date(seconds * 1000);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function select(item, attributes) {
  const multiple = item.type.startsWith("multi_");
  const node = el("select", { ...attributes, multiple },
    multiple ? null : el("option", { value: "" }, item.placeholder?.text ?? "Choose…"), offered(item));
  const chosen = [
    item.initial_option?.value, item.initial_user, item.initial_channel, item.initial_conversation,
    ...(item.initial_options ?? []).map((option) => option.value),
    ...(item.initial_users ?? []), ...(item.initial_channels ?? []), ...(item.initial_conversations ?? []),
  ].filter(Boolean);
  for (const option of node.options) if (chosen.includes(option.value)) option.selected = true;
  return node;
}

function offered(item) {
  const one = (option) => el("option", { value: option.value }, textObject(option.text));
  if (item.option_groups) {
    return item.option_groups.map((group) =>
      el("optgroup", { label: group.label.text }, group.options.map(one)));
  }
  if (item.type.endsWith("static_select")) return (item.options ?? []).map(one);
  const people = [...seen.users.values()].filter((user) => !user.is_bot && !user.deleted);
  if (item.type.endsWith("users_select")) {
    return people.map((user) => el("option", { value: user.id }, `${user.real_name} (${user.name})`));
  }
  const places = seen.channels.filter((place) => item.type.includes("channels") ? !place.is_im : wanted(place, item.filter));
  return places.map((place) =>
    el("option", { value: place.id }, place.is_im ? personName(seen.bot) : `#${place.name}`));
}

function wanted(place, filter) {
  const kind = place.is_im ? "im" : place.is_private ? "private" : "public";
  return (filter?.include ?? [kind]).includes(kind);
}

function choices(item, attributes) {
  const kind = item.type === "checkboxes" ? "checkbox" : "radio";
  const { id, class: style, ...more } = attributes;
  const initial = (item.initial_options ?? [item.initial_option]).map((option) => option?.value);
  return el("div", { class: "choices", ...more }, item.options.map((option) => {
    const box = el("input", { type: kind, name: id, value: option.value, class: style });
    box.checked = initial.includes(option.value);
    return el("label", {}, box, el("span", {}, plain(option.text.text),
      option.description ? el("small", {}, plain(option.description.text)) : null));
  }));
}
