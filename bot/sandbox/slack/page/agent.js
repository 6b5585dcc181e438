// What the agent says it is doing: its status line, Slack's stop button, the prompts it offers.

import { toast } from "./dialogs.js";
import { el } from "./dom.js";
import { act, personName, seen } from "./store.js";

const TURN_MS = 2500;

const session = (channel, root) =>
  (seen.sessions.get(channel) ?? []).find((other) => other.thread_ts === root);

// "opsbot is thinking…", or nothing where the agent rests.
export function working(channel, root) {
  const found = session(channel, root);
  if (found?.line) return `${personName(seen.bot)} ${found.line}`;
  return found?.status === "processing" ? `${personName(seen.bot)} is working…` : "";
}

export const sessionTitle = (channel, root) => session(channel, root)?.title ?? "";

// The line above a thread's composer. What it says by turns is not read out: the line itself is.
export function drawWorking(node, channel, root) {
  const found = session(channel, root);
  const words = working(channel, root);
  const stoppable = seen.stoppable && found?.status === "processing";
  const print = JSON.stringify([channel, root, words, stoppable, found?.loading_messages]);
  if (node.dataset.print === print) return;
  node.dataset.print = print;
  clearInterval(Number(node.dataset.turn));
  node.hidden = !words;
  if (!words) return;
  const aside = el("span", { class: "aside", "aria-hidden": "true" });
  const loading = found.loading_messages ?? [];
  let at = 0;
  const turn = () => (aside.textContent = loading[at++ % loading.length] ?? "");
  turn();
  if (loading.length > 1) node.dataset.turn = setInterval(turn, TURN_MS);
  node.replaceChildren(el("span", { class: "dots", "aria-hidden": "true" }),
    el("span", { class: "words", role: "status" }, words), aside);
  if (!stoppable) return;
  const stop = el("button", { type: "button", class: "stop", "aria-label": "Stop the agent" },
    el("span", { class: "square", "aria-hidden": "true" }), "Stop");
  stop.addEventListener("click", async () => {
    stop.disabled = true;
    await act("stop", { channel, thread_ts: root }).catch((error) => {
      toast(error.message);
      stop.disabled = false;
    });
  });
  node.append(stop);
}

// Prompts above the composer of the direct message; `write` sends one.
export function drawPrompts(node, channel, write) {
  const offer = seen.prompts.get(channel);
  node.hidden = !offer;
  const print = JSON.stringify([channel, offer]);
  if (!offer || node.dataset.print === print) return;
  node.dataset.print = print;
  node.replaceChildren(offer.title ? el("p", {}, offer.title) : "",
    ...offer.prompts.map((prompt) => el("button", { type: "button", title: prompt.message, onclick: () => write(prompt.message) }, prompt.title)));
}
