"""Checks of a modal or Home view against Slack's limits."""

from __future__ import annotations

from typing import Any

from bot.sandbox.slack.checks.blocks import accept_blocks
from bot.sandbox.slack.checks.faults import Faults
from bot.sandbox.slack.checks.texts import PLAIN, check_text
from bot.sandbox.slack.errors import SlackError

_KEYS = {
    "type",
    "title",
    "blocks",
    "close",
    "submit",
    "private_metadata",
    "callback_id",
    "clear_on_close",
    "notify_on_close",
    "external_id",
    "submit_disabled",
}


def accept_view(value: Any, kind: str) -> dict[str, Any]:
    """The view as Slack keeps it, of this `kind` (`modal` or `home`).

    Raises `SlackError` `invalid_arguments`, or what `accept_blocks` raises.
    """
    if not isinstance(value, dict):
        raise SlackError("invalid_arguments", response_metadata={"messages": ["view is missing"]})
    faults = Faults()
    faults.only_keys("/view", value, _KEYS)
    faults.one_of("/view/type", value.get("type"), {kind})
    if kind == "modal":
        check_text(faults, "/view/title", value.get("title"), 24, kinds=PLAIN)
        for name in ("close", "submit"):
            if value.get(name) is not None:
                check_text(faults, f"/view/{name}", value[name], 24, kinds=PLAIN)
    if value.get("private_metadata"):
        faults.string("/view/private_metadata", value["private_metadata"], 3000)
    faults.optional_string("/view/callback_id", value.get("callback_id"), 255)
    blocks = value.get("blocks")
    has_input = isinstance(blocks, list) and any(
        isinstance(block, dict) and block.get("type") == "input" for block in blocks
    )
    if kind == "modal" and has_input and value.get("submit") is None:
        faults.add("/view/submit", "a modal with an input block needs a submit button")
    if faults.found:
        raise SlackError(
            "invalid_arguments",
            response_metadata={"messages": [f"[ERROR] {fault}" for fault in faults.found]},
        )
    return {**value, "blocks": accept_blocks(blocks, "home" if kind == "home" else "modal")}
