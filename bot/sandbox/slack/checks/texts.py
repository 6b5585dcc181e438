"""Checks of Slack's small composition objects: text, option, confirmation."""

from __future__ import annotations

from typing import Any

from bot.sandbox.slack.checks.faults import Faults

PLAIN = frozenset({"plain_text"})
EITHER = frozenset({"plain_text", "mrkdwn"})

_TEXT_KEYS = {
    "plain_text": {"type", "text", "emoji"},
    "mrkdwn": {"type", "text", "verbatim"},
}


def check_text(
    faults: Faults, place: str, value: Any, most: int, *, kinds: frozenset[str] = EITHER
) -> None:
    """A text object of one of these kinds with 1 to `most` characters."""
    if not isinstance(value, dict):
        faults.add(place, "must be an object" if value is not None else "missing required field")
        return
    if not faults.one_of(f"{place}/type", value.get("type"), kinds):
        return
    faults.only_keys(place, value, _TEXT_KEYS[value["type"]])
    faults.string(f"{place}/text", value.get("text"), most)


def check_options(
    faults: Faults, place: str, value: Any, most: int, *, kinds: frozenset[str] = PLAIN
) -> None:
    """1 to `most` options: text up to 75 characters, value up to 150."""
    for index, option in enumerate(faults.items(place, value, most)):
        here = f"{place}/{index}"
        if not isinstance(option, dict):
            faults.add(here, "must be an object")
            continue
        faults.only_keys(here, option, {"text", "value", "description", "url"})
        check_text(faults, f"{here}/text", option.get("text"), 75, kinds=kinds)
        faults.string(f"{here}/value", option.get("value"), 150)
        if option.get("description") is not None:
            check_text(faults, f"{here}/description", option["description"], 75, kinds=kinds)
        faults.optional_string(f"{here}/url", option.get("url"), 3000)


def check_confirm(faults: Faults, place: str, value: Any) -> None:
    """A confirmation dialog: title 100, text 300, each button 30 characters."""
    if not isinstance(value, dict):
        faults.add(place, "must be an object")
        return
    faults.only_keys(place, value, {"title", "text", "confirm", "deny", "style"})
    check_text(faults, f"{place}/title", value.get("title"), 100, kinds=PLAIN)
    check_text(faults, f"{place}/text", value.get("text"), 300)
    check_text(faults, f"{place}/confirm", value.get("confirm"), 30, kinds=PLAIN)
    check_text(faults, f"{place}/deny", value.get("deny"), 30, kinds=PLAIN)
    if value.get("style") is not None:
        faults.one_of(f"{place}/style", value["style"], {"primary", "danger"})
