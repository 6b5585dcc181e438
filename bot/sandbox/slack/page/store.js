// What this person sees, kept in step with the server, and the ways to act as that person.

const base = new URL("./", location.href.split(/[?#]/)[0]);

export const seen = {
  me: null, bot: null, team: {}, commands: [], connections: 0,
  users: new Map(), groups: new Map(), channels: [], messages: new Map(), views: [], home: null,
  shortcuts: [], sessions: new Map(), prompts: new Map(), home_tab: false, stoppable: false,
};

const watchers = new Set();
let socket = null;
let wait = 250;

export const watch = (watcher) => watchers.add(watcher);
const tell = (what) => watchers.forEach((watcher) => watcher(what));

export class Refused extends Error {}

export async function act(what, body) {
  let answer;
  try {
    answer = await fetch(new URL(what, base), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ user: seen.me, ...body }),
    });
  } catch {
    throw new Refused("The local Slack can't be reached. Is opsbot still running?");
  }
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(told.words ?? "That didn't work. Reload the page and try again.");
  return told;
}

export async function become(user) {
  seen.me = user;
  localStorage.setItem("local-slack-persona", user);
  await reload();
  connect();
}

async function reload() {
  const url = new URL("state", base);
  url.searchParams.set("user", seen.me);
  const answer = await fetch(url);
  if (!answer.ok) throw new Refused("This address belongs to another run. Use the one printed last.");
  const state = await answer.json();
  Object.assign(seen, {
    me: state.me, bot: state.bot, team: state.team, commands: state.commands,
    connections: state.connections, channels: state.channels, views: state.views, home: state.home,
    shortcuts: state.shortcuts, home_tab: state.home_tab, stoppable: state.stoppable,
    sessions: new Map(Object.entries(state.sessions)), prompts: new Map(Object.entries(state.prompts)),
    users: new Map(state.users.map((user) => [user.id, user])),
    groups: new Map(state.groups.map((group) => [group.id, group])),
    messages: new Map(Object.entries(state.messages).map(([channel, messages]) => [
      channel, new Map(messages.map((message) => [message.ts, message])),
    ])),
  });
  tell({ type: "all" });
}

function connect() {
  if (socket) socket.onclose = null;
  socket?.close();
  const url = new URL("live", base);
  url.protocol = "ws:";
  url.searchParams.set("user", seen.me);
  const opened = new WebSocket(url);
  socket = opened;
  opened.onmessage = (event) => take(JSON.parse(event.data));
  opened.onclose = () => {
    tell({ type: "offline" });
    setTimeout(() => socket === opened && connect(), wait);
    wait = Math.min(wait * 2, 5000);
  };
}

function take(news) {
  if (news.type === "hello" || news.type === "reload") {
    wait = 250;
    reload().catch(() => tell({ type: "offline" }));
  } else if (news.type === "message") {
    const { message } = news;
    if (!seen.messages.has(message.channel)) {
      reload();
      return;
    }
    seen.messages.get(message.channel).set(message.ts, message);
    tell({ type: "message", kind: news.kind, message });
  } else if (news.type === "deleted") {
    seen.messages.get(news.channel)?.delete(news.ts);
    tell({ type: "message", kind: "deleted", message: { channel: news.channel, ts: news.ts } });
  } else if (news.type === "views") {
    seen.views = news.views;
    seen.home = news.home;
    tell({ type: "views" });
  } else if (news.type === "sessions") {
    seen.sessions.set(news.channel, news.sessions);
    seen.prompts.set(news.channel, news.prompts);
    tell({ type: "sessions" });
  } else if (news.type === "connections") {
    seen.connections = news.connections;
    tell({ type: "connections" });
  }
}

export function inChannel(channel) {
  return sorted(channel).filter((message) => !isReply(message) || message.broadcast);
}

export function inThread(channel, root) {
  return sorted(channel).filter((message) => message.ts === root || message.thread_ts === root);
}

export const isReply = (message) => message.thread_ts && message.thread_ts !== message.ts;

function sorted(channel) {
  const messages = [...(seen.messages.get(channel)?.values() ?? [])];
  return messages.sort((one, other) => (one.ts < other.ts ? -1 : 1));
}

export function personName(id) {
  const user = seen.users.get(id);
  return user ? user.profile.display_name : id;
}
