// Shortcuts of the app: those of a message in its menu, the others beside the composer.

import { toast } from "./dialogs.js";
import { el } from "./dom.js";
import { glyphs } from "./glyphs.js";
import { menu } from "./menu.js";
import { act, personName, seen } from "./store.js";

const run = (body) => act("shortcut", body).catch((error) => toast(error.message));

// What stands under "⋮" at a message.
export function messageMenu(message, address) {
  const node = el("button", { type: "button", "aria-label": "More actions", title: "More actions", "data-action": "more" }, "⋮");
  const own = seen.shortcuts.filter((shortcut) => shortcut.type === "message").map((shortcut) => ({
    label: named(shortcut),
    pick: () => run({ callback_id: shortcut.callback_id, channel: message.channel, ts: message.ts }),
  }));
  const copy = {
    label: [el("span", {}, "Copy link")],
    pick: () => navigator.clipboard.writeText(address).then(() => toast("Link copied."), () => toast(address)),
  };
  return menu(node, [...own, copy]);
}

// The button beside the composer; nothing where the app has no such shortcut.
export function composerMenu() {
  const own = seen.shortcuts.filter((shortcut) => shortcut.type === "global");
  if (!own.length) return null;
  const node = el("button", { type: "button", class: "icon-button shortcuts", "aria-label": "Shortcuts", title: "Shortcuts" }, glyphs("⚡"));
  return menu(node, own.map((shortcut) => ({
    label: named(shortcut), pick: () => run({ callback_id: shortcut.callback_id }),
  })));
}

function named(shortcut) {
  return [el("span", {}, shortcut.name, el("small", {}, `${personName(seen.bot)} · ${shortcut.description}`))];
}
