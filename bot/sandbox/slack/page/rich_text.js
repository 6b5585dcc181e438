// Slack's rich_text blocks as DOM nodes.

import { el } from "./dom.js";
import { emoji } from "./emoji.js";
import { glyphs } from "./glyphs.js";
import { link, mentionChannel, mentionGroup, mentionUser } from "./text.js";

const PARTS = {
  rich_text_section: (part) => el("div", {}, part.elements.map(leaf)),
  rich_text_preformatted: (part) => el("pre", {}, el("code", {}, part.elements.map(leaf))),
  rich_text_quote: (part) => el("blockquote", {}, part.elements.map(leaf)),
  rich_text_list: (part) =>
    el(part.style === "ordered" ? "ol" : "ul", {},
      part.elements.map((item) => el("li", {}, item.elements.map(leaf)))),
};

const LEAVES = {
  text: (item) => el("span", {}, glyphs(item.text)),
  link: (item) => link(item.url, item.text),
  emoji: (item) => el("span", {}, glyphs(emoji(item.name) ?? `:${item.name}:`)),
  user: (item) => mentionUser(item.user_id),
  usergroup: (item) => mentionGroup(item.usergroup_id),
  channel: (item) => mentionChannel(item.channel_id),
  broadcast: (item) => el("span", { class: "mention mine" }, `@${item.range}`),
  date: (item) => new Date(item.timestamp * 1000).toLocaleString(),
  color: (item) => item.value,
};

const STYLES = { bold: "strong", italic: "em", strike: "s", code: "code" };

export function richText(block) {
  return block.elements.map((part) => PARTS[part.type]?.(part) ?? null);
}

function leaf(item) {
  let node = LEAVES[item.type]?.(item) ?? "";
  for (const [style, tag] of Object.entries(STYLES)) {
    if (item.style?.[style]) node = el(tag, {}, node);
  }
  return node;
}
