// Block Kit as DOM nodes.

import { el } from "./dom.js";
import { element } from "./elements.js";
import { glyphs } from "./glyphs.js";
import { richText } from "./rich_text.js";
import { link, markdown, plain, textObject } from "./text.js";

// `where` names what the blocks belong to: {channel, ts} or {view_id}.
export function blocks(list, where) {
  return list.map((block) => DRAWN[block.type]?.(block, where) ?? null);
}

function section(block, where) {
  return el("div", { class: "section" },
    el("div", { class: "section-text" },
      block.text ? el("div", {}, textObject(block.text)) : null,
      block.fields
        ? el("div", { class: "fields" }, block.fields.map((field) => el("div", {}, textObject(field))))
        : null),
    block.accessory ? element(block.accessory, block.block_id, where) : null);
}

function context(block) {
  return el("div", { class: "context" }, block.elements.map((item) =>
    el("span", {}, item.type === "image" ? glyphs(`🖼 ${item.alt_text}`) : textObject(item))));
}

function row(className) {
  return (block, where) => el("div", { class: className },
    block.elements.map((item) => element(item, block.block_id, where)));
}

const STATES = {
  pending: ["", "not started"],
  in_progress: ["", "in progress"],
  complete: ["✓", "done"],
  error: ["✕", "failed"],
};

function task(item) {
  const [mark, word] = STATES[item.status];
  const more = [
    item.details ? el("div", { class: "task-details" }, richText(item.details)) : null,
    item.output ? el("div", { class: "task-output" }, richText(item.output)) : null,
    item.sources?.length
      ? el("div", { class: "task-sources" }, item.sources.map((source) => link(source.url, source.text)))
      : null,
  ];
  return el("li", { class: `task ${item.status}` },
    el("span", { class: "task-mark", role: "img", "aria-label": word }, mark),
    el("div", { class: "task-text" }, el("div", {}, plain(item.title)), more));
}

function plan(block) {
  const tasks = block.tasks ?? [];
  const done = tasks.filter((item) => item.status === "complete").length;
  return el("div", { class: "plan" },
    el("div", { class: "plan-title" }, el("strong", {}, plain(block.title)),
      tasks.length ? el("span", { class: "plan-count" }, `${done}/${tasks.length}`) : null),
    el("ul", {}, tasks.map(task)));
}

function table(block) {
  const cell = (tag) => (item) => el(tag, {}, item.type === "rich_text" ? richText(item) : String(item.text ?? item.value ?? ""));
  const [head, ...rows] = block.rows;
  return el("div", { class: "table", tabindex: "0" }, el("table", {},
    el("thead", {}, el("tr", {}, head.map(cell("th")))),
    el("tbody", {}, rows.map((cells) => el("tr", {}, cells.map(cell("td")))))));
}

function image(block) {
  return el("figure", { class: "image-alt" }, glyphs(`🖼 ${block.alt_text}`),
    block.title ? el("figcaption", {}, textObject(block.title)) : null);
}

const DRAWN = {
  header: (block) => el("h3", {}, textObject(block.text)),
  divider: () => el("hr"),
  section,
  context,
  actions: row("actions"),
  context_actions: row("context-actions"),
  markdown: (block) => el("div", { class: "markdown" }, markdown(block.text)),
  rich_text: (block) => el("div", { class: "rich-text" }, richText(block)),
  alert: (block) => el("div", { class: `alert ${block.level ?? "default"}`, role: "note" }, textObject(block.text)),
  task_card: (block) => el("div", { class: "plan" }, el("ul", {}, task(block))),
  plan,
  table,
  image,
};
