// The box to write in, with @names and commands offered as one types.

import { toast } from "./dialogs.js";
import { el } from "./dom.js";
import { act, seen } from "./store.js";

// `target` gives {channel, thread_ts} at the moment of sending, or null; threads take no commands.
export function composer(form, label, target, { commands = true } = {}) {
  const box = el("textarea", { rows: 1, "aria-label": label, placeholder: label, enterkeyhint: "send" });
  const send = el("button", { type: "submit", class: "primary send", "aria-label": "Send", disabled: true }, "➤");
  const hint = el("p", { class: "usage", role: "note", hidden: true });
  const offers = el("div", { class: "offers", role: "listbox", "aria-label": "Suggestions", hidden: true });
  const grow = () => {
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, 160)}px`;
    send.disabled = !box.value.trim();
  };
  const fill = (word) => {
    const start = box.value.slice(0, box.selectionStart).search(/\S+$/);
    const rest = box.value.slice(box.selectionStart);
    box.value = `${box.value.slice(0, Math.max(start, 0))}${word} ${rest}`;
    offers.hidden = true;
    grow();
    box.focus();
  };
  const offer = () => {
    const typed = box.value.slice(0, box.selectionStart).match(/(?:^|\s)(@[\w.-]*|^\/\w*)$/)?.[1];
    const found = typed ? suggestions(typed, commands).slice(0, 6) : [];
    hint.textContent = usage(box.value, commands);
    hint.hidden = found.length > 0 || !hint.textContent;
    offers.replaceChildren(...found.map(([word, about], index) => el("button", {
      type: "button", role: "option", "aria-selected": String(index === 0), onclick: () => fill(word),
    }, el("strong", {}, word), el("span", {}, about))));
    offers.hidden = found.length === 0;
  };
  box.addEventListener("input", () => {
    grow();
    offer();
  });
  box.addEventListener("blur", () => setTimeout(() => (offers.hidden = hint.hidden = true), 200));
  box.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (!offers.hidden && (event.key === "Tab" || event.key === "Enter")) {
      event.preventDefault();
      offers.querySelector("[aria-selected=true]").click();
    } else if (!offers.hidden && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      move(offers, event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape") {
      offers.hidden = true;
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = box.value.trim();
    const place = target();
    if (!text || !place) return;
    box.value = "";
    offers.hidden = hint.hidden = true;
    grow();
    try {
      await act("say", { ...place, text });
    } catch (error) {
      if (!box.value) box.value = text;
      grow();
      toast(error.message);
    }
  });
  form.replaceChildren(offers, hint, box, send);
  return {
    box,
    rename: (words) => {
      box.placeholder = words;
      box.setAttribute("aria-label", words);
    },
    lead: (node) => {
      form.querySelector(".menu-anchor")?.remove();
      if (node) form.insertBefore(node, box);
    },
  };
}

// How to go on with the command that stands there.
function usage(typed, commands) {
  if (!typed.startsWith("/")) return "";
  if (!commands) return "Commands can't be used in threads. Mention the app here instead.";
  const known = seen.commands.find((one) => typed.startsWith(`${one.command} `));
  return known ? `${known.command} ${known.usage_hint}` : "";
}

function move(offers, step) {
  const all = [...offers.children];
  const now = all.findIndex((node) => node.getAttribute("aria-selected") === "true");
  all[now].setAttribute("aria-selected", "false");
  all[(now + step + all.length) % all.length].setAttribute("aria-selected", "true");
}

function suggestions(typed, commands) {
  if (typed.startsWith("/")) {
    return !commands ? [] : seen.commands.filter((one) => one.command.startsWith(typed))
      .map((one) => [one.command, `${one.usage_hint} ${one.description}`.trim()]);
  }
  const start = typed.slice(1).toLowerCase();
  const people = [...seen.users.values()].filter((user) => !user.deleted)
    .sort((one, other) => Number(other.is_bot) - Number(one.is_bot))
    .map((user) => [`@${user.name}`, user.is_bot ? "App" : user.profile.title || user.real_name]);
  const groups = [...seen.groups.values()].map((group) => [`@${group.handle}`, group.name]);
  return [...people, ...groups].filter(([word]) => word.slice(1).startsWith(start));
}
