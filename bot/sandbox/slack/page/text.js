// Slack's mrkdwn, plain text and Markdown as DOM nodes.

import { el } from "./dom.js";
import { emoji } from "./emoji.js";
import { glyphs } from "./glyphs.js";
import { personName, seen } from "./store.js";

const INLINE = new RegExp(
  [
    "(?<code>`[^`\\n]+`)",
    "<(?<angle>[^<>]+)>",
    ":(?<emoji>[a-z0-9_+'-]+):",
    "(?<![\\w*])\\*(?=\\S)(?<bold>[^*\\n]*[^*\\s])\\*(?![\\w*])",
    "(?<![\\w_])_(?=\\S)(?<italic>[^_\\n]*[^_\\s])_(?![\\w_])",
    "(?<![\\w~])~(?=\\S)(?<strike>[^~\\n]*[^~\\s])~(?![\\w~])",
  ].join("|"),
  "g",
);

const MARKDOWN = new RegExp(
  [
    "(?<code>`[^`\\n]+`)",
    "\\[(?<label>[^\\]\\n]+)\\]\\((?<url>https?://[^\\s)]+)\\)",
    "<(?<angle>[^<>]+)>",
    ":(?<emoji>[a-z0-9_+'-]+):",
    "\\*\\*(?=\\S)(?<bold>[^\\n]*?\\S)\\*\\*",
    "(?<![\\w*])[*_](?=\\S)(?<italic>[^*_\\n]*[^*_\\s])[*_](?![\\w*])",
    "~~(?=\\S)(?<strike>[^~\\n]*\\S)~~",
  ].join("|"),
  "g",
);

export function textObject(text) {
  if (!text) return [];
  return text.type === "mrkdwn" ? mrkdwn(text.text) : plain(text.text);
}

export function plain(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(/:([a-z0-9_+'-]+):/g)) {
    parts.push(...words(text.slice(end, match.index)), ...glyphs(emoji(match[1]) ?? match[0]));
    end = match.index + match[0].length;
  }
  return [...parts, ...words(text.slice(end))];
}

export function mrkdwn(text) {
  return text.split(/```\n?([\s\S]*?)\n?```/g).flatMap((part, index) => {
    if (index % 2) return [el("pre", {}, el("code", {}, unescape(part)))];
    return lines(part, INLINE);
  });
}

export function markdown(text) {
  return text.split(/```[\w-]*\n?([\s\S]*?)\n?```/g).flatMap((part, index) => {
    if (index % 2) return [el("pre", {}, el("code", {}, part))];
    return lines(part, MARKDOWN);
  });
}

function lines(text, pattern) {
  const out = [];
  let quote = null;
  let list = null;
  for (const line of text.replace(/^\n|\n$/g, "").split("\n")) {
    const quoted = line.match(/^(?:&gt;|>)\s?(.*)$/);
    const item = line.match(/^\s*[-*•]\s+(.*)$/);
    const heading = pattern === MARKDOWN && line.match(/^#{1,6}\s+(.*)$/);
    if (quoted) {
      if (quote) quote.append(el("br"));
      else out.push((quote = el("blockquote")));
      quote.append(...inline(quoted[1], pattern));
    } else if (item) {
      if (!list) out.push((list = el("ul")));
      list.append(el("li", {}, inline(item[1], pattern)));
    } else {
      const last = out.at(-1);
      if (last !== undefined && !quote && !list && last.nodeName !== "H4") out.push(el("br"));
      if (heading) out.push(el("h4", {}, inline(heading[1], pattern)));
      else out.push(...inline(line, pattern));
    }
    if (!quoted) quote = null;
    if (!item) list = null;
  }
  return out;
}

function inline(text, pattern) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > end) parts.push(...words(text.slice(end, match.index)));
    const found = match.groups;
    if (found.code) parts.push(el("code", {}, unescape(found.code.slice(1, -1))));
    else if (found.label) parts.push(link(found.url, found.label));
    else if (found.angle) parts.push(angle(found.angle));
    else if (found.emoji) parts.push(...glyphs(emoji(found.emoji) ?? match[0]));
    else if (found.bold) parts.push(el("strong", {}, inline(found.bold, pattern)));
    else if (found.italic) parts.push(el("em", {}, inline(found.italic, pattern)));
    else parts.push(el("s", {}, inline(found.strike, pattern)));
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push(...words(text.slice(end)));
  return parts;
}

function angle(inside) {
  const [target, label] = inside.split(/\|(.*)/s);
  if (/^@[UW]/.test(target)) return mentionUser(target.slice(1));
  if (/^#[CG]/.test(target)) return mentionChannel(target.slice(1), label);
  if (target.startsWith("!subteam^")) return mentionGroup(target.slice(9), label);
  if (target.startsWith("!date^")) return date(target, label);
  if (target.startsWith("!")) return mention(`@${label ?? target.slice(1)}`, true);
  if (/^(https?:|mailto:)/.test(target)) return link(unescape(target), label && unescape(label));
  return unescape(`<${inside}>`);
}

export function link(url, label) {
  if (!/^(https?:|mailto:)/i.test(url)) return label ?? url;
  const here = url.match(/^http:\/\/(?:127\.0\.0\.1|localhost):\d+\/[^/#]+\/(#\/archives\/.*)$/);
  if (here) return el("a", { href: here[1] }, label ?? "this message");
  const href = url.startsWith("//") ? `https:${url}` : url;
  return el("a", { href, target: "_blank", rel: "noopener noreferrer" }, label ?? url);
}

export const mentionUser = (id) => mention(`@${personName(id)}`, id === seen.me);

export function mentionGroup(id, label) {
  const group = seen.groups.get(id);
  const mine = group?.users.includes(seen.me);
  return mention(group ? `@${group.handle}` : (label ?? id), mine);
}

export function mentionChannel(id, label) {
  const channel = seen.channels.find((place) => place.id === id);
  return el("a", { class: "mention", href: `#/archives/${id}` }, `#${channel?.name ?? label ?? id}`);
}

function mention(text, mine) {
  return el("span", { class: mine ? "mention mine" : "mention" }, text);
}

function date(target, fallback) {
  const [, seconds, format = ""] = target.split("^");
  const at = new Date(Number(seconds) * 1000);
  if (Number.isNaN(at.getTime())) return fallback ?? "";
  const time = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
  const shown = format.replace(/\{time(_secs)?\}/g, time).replace(/\{ago\}/g, time)
    .replace(/\{date[a-z_]*\}/g, at.toLocaleDateString());
  return el("time", { datetime: at.toISOString(), title: at.toLocaleString() }, shown);
}

const words = (text) => glyphs(unescape(text));

function unescape(text) {
  return text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
}
