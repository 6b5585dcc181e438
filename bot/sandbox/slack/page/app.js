// The page: which panes show what, and where the address leads.

import { drawPrompts, drawWorking, sessionTitle } from "./agent.js";
import { blocks } from "./blocks.js";
import { composer } from "./composer.js";
import { toast } from "./dialogs.js";
import { byId, el } from "./dom.js";
import { glyphs } from "./glyphs.js";
import { drawMessages } from "./messages.js";
import { drawModal } from "./modal.js";
import { composerMenu } from "./shortcuts.js";
import { act, become, inChannel, inThread, isReply, personName, seen, watch } from "./store.js";

const here = { channel: null, thread: null, marked: null, tab: "messages", list: false };
const unread = new Map();
const narrow = matchMedia("(max-width: 600px)");

const toChannel = composer(byId("channel-composer"), "Message", () =>
  here.channel && { channel: here.channel });
const toThread = composer(byId("thread-composer"), "Reply", () =>
  here.channel && here.thread && { channel: here.channel, thread_ts: here.thread }, { commands: false });

// Addresses: #/ is the list; #/archives/CHANNEL/pTIMESTAMP?thread_ts=ROOT a message.
function read() {
  const [path, query] = location.hash.slice(1).split("?");
  const [, , channel, mark] = path.split("/");
  const stamp = mark?.match(/^p(\d{10})(\d{6})$/);
  here.list = path === "/";
  here.marked = stamp ? `${stamp[1]}.${stamp[2]}` : null;
  here.thread = new URLSearchParams(query ?? "").get("thread_ts");
  const known = seen.channels.find((place) => place.id === channel);
  const usual = seen.channels.find((place) => place.is_member && !place.is_im) ?? seen.channels[0];
  const former = here.channel;
  here.channel = (known ?? usual)?.id ?? null;
  if (!known) here.thread = here.marked = null;
  if (former !== here.channel) here.tab = "messages";
  const target = here.marked && seen.messages.get(here.channel)?.get(here.marked);
  if (target && !here.thread) {
    if (isReply(target)) here.thread = target.thread_ts;
    else if (target.reply_count) here.thread = target.ts;
  }
  unread.delete(here.channel);
}

function go(channel, { thread, list } = {}) {
  location.hash = list ? "#/"
    : thread ? `#/archives/${channel}/p${thread.replace(".", "")}?thread_ts=${thread}&cid=${channel}`
      : `#/archives/${channel}`;
}

function openThread(root, write) {
  go(here.channel, { thread: root });
  if (write) requestAnimationFrame(() => toThread.box.focus());
}

function draw() {
  showPane(here.list ? "list" : here.thread ? "thread" : "channel");
  drawSidebar();
  drawChannel();
  drawThread();
  drawModal();
}

// A pane that was hidden has lost its place: let it be drawn as if opened afresh.
function showPane(name) {
  const panes = byId("panes");
  if (panes.dataset.pane === name) return;
  panes.dataset.pane = name;
  if (narrow.matches) byId(name === "thread" ? "thread" : "timeline").dataset.place = "";
}

function drawSidebar() {
  const row = (place) => {
    const waiting = unread.get(place.id);
    return el("li", {}, el("a", {
      href: `#/archives/${place.id}`,
      "aria-current": place.id === here.channel ? "page" : null,
      class: waiting ? "unread" : "",
    },
      el("span", { class: "hash", "aria-hidden": "true" }, glyphs(place.is_im ? "🤖" : place.is_private ? "🔒" : "#")),
      el("span", {}, title(place)),
      waiting ? el("span", { class: "count", "aria-label": `${waiting} new` }, String(waiting)) : null));
  };
  byId("channels").replaceChildren(...seen.channels.filter((place) => !place.is_im).map(row));
  byId("dms").replaceChildren(...seen.channels.filter((place) => place.is_im).map(row));
  byId("team").textContent = seen.team.name;
  const state = byId("link-state");
  state.replaceChildren(el("span", { class: "who" }, `${personName(seen.bot)} `),
    seen.connections ? "connected" : "not connected");
  state.className = seen.connections ? "link-state on" : "link-state off";
}

const title = (place) => (place.is_im ? personName(seen.bot) : place.name);

function drawChannel() {
  const place = seen.channels.find((other) => other.id === here.channel);
  if (!place) return;
  byId("channel-name").textContent = place.is_im ? title(place) : `# ${place.name}`;
  byId("channel-topic").textContent = place.is_im ? "App" : place.topic;
  document.title = `${title(place)} · Local Slack`;
  toChannel.rename(place.is_member ? `Message ${place.is_im ? "" : "#"}${title(place)}` : "You aren't a member here");
  byId("channel-composer").hidden = here.tab === "home" || !place.is_member;
  byId("home-tabs").hidden = !place.is_im || !seen.home_tab;
  byId("tab-messages").setAttribute("aria-pressed", String(here.tab === "messages"));
  byId("tab-home").setAttribute("aria-pressed", String(here.tab === "home"));
  byId("timeline").hidden = here.tab === "home";
  byId("home").hidden = here.tab !== "home";
  drawHome();
  drawPrompts(byId("prompts"), here.tab === "home" ? null : here.channel, (text) =>
    act("say", { channel: here.channel, text }).catch((error) => toast(error.message)));
  const messages = inChannel(here.channel);
  keepBottom(byId("timeline-scroll"), byId("timeline"), `${seen.me} ${here.channel}`, (list) => {
    if (messages.length) drawMessages(list, messages, { openThread, marked: here.marked });
    else list.replaceChildren(el("li", { class: "empty" }, empty(place)));
  });
}

function empty(place) {
  if (place.is_im) return "Ask opsbot something, for example: why is etl failing";
  return `Nothing in #${place.name} yet. Type /opsbot help, or ask: @opsbot what is open?`;
}

function drawHome() {
  const home = byId("home");
  const print = `${seen.me} ${seen.home?.hash}`;
  if (home.dataset.print === print) return;
  home.dataset.print = print;
  const focused = home.contains(document.activeElement) ? document.activeElement.dataset.action : null;
  if (seen.home) home.replaceChildren(...blocks(seen.home.blocks, { view_id: seen.home.id }).filter(Boolean));
  else home.replaceChildren(el("p", { class: "empty" }, "opsbot hasn't put anything here yet."));
  if (focused) [...home.querySelectorAll("[data-action]")].find((node) => node.dataset.action === focused)?.focus();
}

function drawThread() {
  const pane = byId("thread-pane");
  pane.hidden = !here.thread;
  if (!here.thread) return;
  const place = seen.channels.find((other) => other.id === here.channel);
  const about = sessionTitle(here.channel, here.thread);
  byId("thread-place").textContent = (place.is_im ? title(place) : `# ${place.name}`) + (about && ` · ${about}`);
  drawWorking(byId("thread-working"), here.channel, here.thread);
  byId("thread-composer").hidden = !place.is_member;
  const messages = inThread(here.channel, here.thread);
  keepBottom(byId("thread-scroll"), byId("thread"), `${seen.me} ${here.thread}`, (list) => {
    drawMessages(list, messages, { marked: here.marked === here.thread ? null : here.marked });
  });
}

// Follows new messages where the reader is at the end, and offers the way there elsewhere.
function keepBottom(scroll, list, place, drawInto) {
  const fresh = list.dataset.place !== place;
  const atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60;
  const before = list.lastElementChild?.dataset.key;
  list.dataset.place = place;
  drawInto(list);
  const marked = list.querySelector(".marked");
  const notice = document.querySelector(`[data-scroll="${scroll.id}"]`);
  if (fresh && marked) marked.scrollIntoView({ block: "center" });
  else if (fresh || atEnd) scroll.scrollTop = scroll.scrollHeight;
  else if (before !== list.lastElementChild?.dataset.key) notice.hidden = false;
  if (fresh || atEnd) notice.hidden = true;
}

function drawPersona() {
  const people = [...seen.users.values()].filter((user) => !user.is_bot && !user.deleted);
  const persona = byId("persona");
  persona.replaceChildren(...people.map((user) => el("option", { value: user.id },
    user.profile.title ? `${user.real_name} · ${user.profile.title}` : user.real_name)));
  persona.value = seen.me;
}

watch((news) => {
  if (news.type === "offline") {
    byId("link-state").textContent = "reconnecting…";
    byId("link-state").className = "link-state off";
    return;
  }
  if (news.type === "all") {
    drawPersona();
    toChannel.lead(composerMenu());
    read();
  }
  const { message } = news;
  if (news.kind === "posted" && message.user !== seen.me && message.channel !== here.channel) {
    unread.set(message.channel, (unread.get(message.channel) ?? 0) + 1);
  }
  draw();
});

addEventListener("hashchange", () => {
  const former = here.channel;
  read();
  draw();
  const place = seen.channels.find((other) => other.id === here.channel);
  if (former !== here.channel && place?.is_im) enter(former);
  if (narrow.matches) document.querySelector(".pane:not([hidden]) .scroll")?.focus({ preventScroll: true });
});
// The app hears that its messages are looked at, and what was looked at before.
function enter(former) {
  act("open_home", { tab: "messages" })
    .then(() => former && act("look_at", { channel: former }))
    .catch(() => {});
}
byId("to-list").addEventListener("click", () => go(null, { list: true }));
byId("to-channel").addEventListener("click", () => go(here.channel));
byId("close-thread").addEventListener("click", () => go(here.channel));
byId("persona").addEventListener("change", (event) => {
  become(event.target.value).catch((error) => toast(error.message));
});
byId("tab-messages").addEventListener("click", () => {
  here.tab = "messages";
  draw();
});
byId("tab-home").addEventListener("click", () => {
  here.tab = "home";
  draw();
  act("open_home", { tab: "home" }).catch((error) => toast(error.message));
});
for (const notice of document.querySelectorAll(".newest")) {
  const scroll = byId(notice.dataset.scroll);
  notice.addEventListener("click", () => (scroll.scrollTop = scroll.scrollHeight));
  scroll.addEventListener("scroll", () => {
    if (scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60) notice.hidden = true;
  });
}
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && here.thread && !document.querySelector("dialog[open], .menu:not([hidden])")) {
    if (!event.target.closest?.(".composer")) go(here.channel);
  }
});

const wanted = new URLSearchParams(location.search).get("as");
become(wanted ?? localStorage.getItem("local-slack-persona") ?? "maya")
  .catch(() => become("maya"))
  .catch((error) => toast(error.message));
