// Rows of messages, kept by `ts` so that only what changed is drawn again.

import { working } from "./agent.js";
import { blocks } from "./blocks.js";
import { toast } from "./dialogs.js";
import { clock, day, el } from "./dom.js";
import { emoji } from "./emoji.js";
import { glyphs } from "./glyphs.js";
import { reopening } from "./menu.js";
import { messageMenu } from "./shortcuts.js";
import { act, isReply, personName, seen } from "./store.js";
import { mrkdwn } from "./text.js";

const GROUPED_SECONDS = 300;

// Draws messages into a list; `openThread` is absent within a thread.
export function drawMessages(list, messages, { openThread, marked }) {
  const former = new Map([...list.children].map((node) => [node.dataset.key, node]));
  const fresh = list.dataset.place !== list.dataset.drawn;
  list.dataset.drawn = list.dataset.place;
  const nodes = [];
  let last = null;
  for (const message of messages) {
    const today = day(message.ts);
    if (!last || day(last.ts) !== today) {
      const key = `day ${today}`;
      nodes.push(former.get(key) ?? el("li", { class: "day", "data-key": key }, el("span", {}, today)));
      last = null;
    }
    const grouped = last && last.user === message.user && !last.ephemeral === !message.ephemeral
      && Number(message.ts) - Number(last.ts) < GROUPED_SECONDS && !last.reply_count && !message.username
      && !message.blocks?.length && !last.blocks?.length;
    const busy = openThread ? working(message.channel, message.ts) : "";
    const print = JSON.stringify([message, grouped, busy]);
    const old = former.get(message.ts);
    if (old && old.print === print) nodes.push(old);
    else nodes.push(redrawn(old, message, { grouped, openThread, print, fresh, busy }));
    last = message;
  }
  place(list, nodes);
  rove(list, nodes);
  nodes.forEach((node) => node.classList.toggle("marked", node.dataset.ts !== undefined && node.dataset.ts === marked));
}

// One message is in the tab order, and the arrow keys lead to the others.
function rove(list, nodes) {
  const rows = nodes.filter((node) => node.dataset.ts);
  const now = rows.find((node) => node.contains(document.activeElement)) ?? rows.at(-1);
  rows.forEach((node) => node.setAttribute("tabindex", node === now ? "0" : "-1"));
  list.onkeydown = (event) => {
    const at = rows.indexOf(event.target);
    const next = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: rows.length - 1 }[event.key];
    if (at < 0 || next === undefined || !rows[next]) return;
    event.preventDefault();
    rows[at].setAttribute("tabindex", "-1");
    rows[next].setAttribute("tabindex", "0");
    rows[next].focus();
  };
}

function place(list, nodes) {
  const wanted = new Set(nodes);
  [...list.children].forEach((node) => wanted.has(node) || node.remove());
  nodes.forEach((node, index) => {
    if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
  });
}

function redrawn(old, message, how) {
  const reopen = reopening(old);
  const focused = old?.contains(document.activeElement) ? document.activeElement : null;
  const node = row(message, how);
  node.print = how.print;
  if (old && !how.fresh && !message.streaming && !old.classList.contains("streaming")) node.classList.add("changed");
  else if (!old && !how.fresh) node.classList.add("arrived");
  if (reopen) queueMicrotask(() => reopen(node));
  else if (focused) {
    const action = focused.dataset.action;
    queueMicrotask(() => {
      const same = [...node.querySelectorAll("[data-action]")].find((other) => other.dataset.action === action);
      (same ?? node).focus();
    });
  }
  return node;
}

function row(message, { grouped, openThread, busy }) {
  const user = seen.users.get(message.user);
  const name = message.username ?? personName(message.user);
  const where = { channel: message.channel, ts: message.ts };
  const alone = message.ephemeral
    ? el("div", { class: "alone" }, glyphs("👁 Only visible to you")) : null;
  const head = grouped ? null : el("div", { class: "head" },
    el("span", { class: "name" }, name),
    message.bot_id ? el("span", { class: "badge" }, "APP") : null,
    el("time", { datetime: new Date(Number(message.ts) * 1000).toISOString() }, clock(message.ts)));
  const edited = message.edited ? el("span", { class: "edited" }, " (edited)") : null;
  const body = el("div", { class: "body" });
  if (message.blocks?.length) body.append(...blocks(message.blocks, where).filter(Boolean));
  else body.append(el("div", { class: "text" }, mrkdwn(message.text), edited));
  if (message.blocks?.length && edited) body.append(edited);
  const broadcast = openThread && isReply(message)
    ? el("div", { class: "broadcast" }, "replied to ",
      el("button", { class: "as-link", onclick: () => openThread(message.thread_ts) }, "a thread")) : null;
  return el("li", {
    class: ["message", grouped && "grouped", message.ephemeral && "ephemeral", message.bot_id && "from-app",
      message.streaming && "streaming"].filter(Boolean).join(" "),
    "data-key": message.ts, "data-ts": message.ts, tabindex: "-1",
    "aria-label": `${name}, ${clock(message.ts)}${message.streaming ? ", being written" : ""}`,
    "aria-busy": message.streaming ? "true" : null,
  },
    el("div", { class: "gutter", "aria-hidden": "true" },
      grouped ? el("time", {}, clock(message.ts)) : avatar(message, name, user)),
    el("div", { class: "content" }, alone, broadcast, head, body,
      reactions(message), openThread ? thread(message, openThread) : null,
      busy ? el("button", { class: "busy-line", onclick: () => openThread(message.ts) },
        el("span", { class: "dots", "aria-hidden": "true" }), busy) : null),
    message.ephemeral || message.subtype === "tombstone" ? null : tools(message, openThread));
}

export function avatar(message, name, user) {
  const tint = [...message.user].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 6;
  const mark = user?.is_bot ? glyphs("🤖") : name.slice(0, 1).toUpperCase();
  return el("span", { class: `avatar ${user?.is_bot ? "bot" : `tint-${tint}`}` }, mark);
}

function reactions(message) {
  if (!message.reactions?.length) return null;
  return el("div", { class: "reactions" }, message.reactions.map((given) => {
    const mine = given.users.includes(seen.me);
    const names = given.users.map(personName).join(", ");
    return el("button", {
      class: mine ? "reaction mine" : "reaction", "aria-pressed": String(mine),
      title: `${names} reacted with :${given.name}:`,
      "aria-label": `${emoji(given.name) ?? given.name} ${given.count}, from ${names}`,
      onclick: () => react(message, given.name, mine),
    }, glyphs(emoji(given.name) ?? `:${given.name}:`), el("span", {}, String(given.count)));
  }));
}

function react(message, name, remove) {
  act("react", { channel: message.channel, ts: message.ts, name, remove })
    .catch((error) => toast(error.message));
}

function thread(message, openThread) {
  if (!message.reply_count || isReply(message)) return null;
  const count = message.reply_count === 1 ? "1 reply" : `${message.reply_count} replies`;
  return el("button", { class: "replies", "data-action": "open-thread", onclick: () => openThread(message.ts) },
    el("span", { class: "faces", "aria-hidden": "true" }, message.reply_users.slice(0, 3).map((id) =>
      avatar({ user: id }, personName(id), seen.users.get(id)))),
    el("strong", {}, count),
    el("span", { class: "last" }, `last ${clock(message.latest_reply)}`),
    el("span", { class: "go", "aria-hidden": "true" }, "›"));
}

function tools(message, openThread) {
  const quick = ["+1", "-1", "eyes"].map((name) => el("button", {
    "aria-label": `React with ${name}`, onclick: () => react(message, name, false),
  }, glyphs(emoji(name))));
  const reply = openThread ? el("button", {
    "aria-label": "Reply in thread", title: "Reply in thread",
    onclick: () => openThread(message.thread_ts ?? message.ts, true),
  }, glyphs("💬")) : null;
  const address = `${location.href.split("#")[0]}#/archives/${message.channel}/p${message.ts.replace(".", "")}`;
  return el("div", { class: "tools", role: "group", "aria-label": "Message actions" },
    quick, reply, messageMenu(message, address));
}
