"""Checks of a message's, a modal's or a Home tab's blocks against Slack's limits."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

from bot.sandbox.slack.checks.elements import (
    AS_ACCESSORY,
    AS_INPUT,
    IN_ACTIONS,
    IN_CONTEXT_ACTIONS,
    check_element,
    check_image,
)
from bot.sandbox.slack.checks.faults import Faults, Surface
from bot.sandbox.slack.checks.tasks import check_plan, check_rich_text, check_task_card
from bot.sandbox.slack.checks.texts import PLAIN, check_text
from bot.sandbox.slack.errors import InvalidBlocks, SlackError

Blocks = list[dict[str, Any]]

_MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}
_MESSAGE_ONLY = {"markdown", "plan", "task_card", "table", "context_actions"}
_MODAL_ONLY = {"alert"}
_WITH_ACTION_ID = (AS_ACCESSORY | AS_INPUT | IN_CONTEXT_ACTIONS) - {"image"}
_INPUT_KEYS = {"type", "block_id", "label", "element", "hint", "optional", "dispatch_action"}
_LEVELS = {"default", "info", "warning", "error", "success"}
_MARKDOWN_TOGETHER = 12_000
_BLOCKS_TOGETHER = 13_200
"""Undocumented; reported at about this many characters in slackapi/bolt-js issue 2509."""


def accept_blocks(value: Any, surface: Surface) -> Blocks:
    """The blocks as Slack keeps them: checked, and with the ids that were left out.

    Raises `InvalidBlocks` naming every fault, or `SlackError` `msg_blocks_too_long`.
    """
    faults = Faults(surface)
    blocks = faults.items("/blocks", value, _MOST_BLOCKS[surface], least=0)
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        _check_block(faults, f"/blocks/{index}", block, seen)
    kinds = [block.get("type") for block in blocks if isinstance(block, dict)]
    if {"plan", "task_card"} <= set(kinds):
        faults.add("/blocks", "plan and task_card blocks can't stand in one message")
    if kinds.count("table") > 1:
        faults.add("/blocks", "only one table is allowed in a message")
    if not faults.found:
        _check_with_sdk(faults, blocks)
    if faults.found:
        raise InvalidBlocks(faults.found)
    markdown = sum(len(block["text"]) for block in blocks if block["type"] == "markdown")
    if surface == "message" and (
        markdown > _MARKDOWN_TOGETHER or _characters(blocks) > _BLOCKS_TOGETHER
    ):
        raise SlackError("msg_blocks_too_long")
    return _with_ids(blocks)


def _check_block(faults: Faults, place: str, block: Any, seen: set[str]) -> None:
    if not isinstance(block, dict):
        faults.add(place, "must be an object")
        return
    kind = block.get("type")
    if not isinstance(kind, str) or kind not in _CHECKS:
        faults.add(f"{place}/type", f"unsupported type: {kind}")
        return
    if (faults.surface != "message" and kind in _MESSAGE_ONLY) or (
        faults.surface != "modal" and kind in _MODAL_ONLY
    ):
        faults.add(f"{place}/type", f"{kind} blocks aren't allowed in a {faults.surface}")
    faults.optional_string(f"{place}/block_id", block.get("block_id"), 255)
    block_id = block.get("block_id")
    if isinstance(block_id, str):
        if block_id in seen:
            faults.add(f"{place}/block_id", f"`block_id` {block_id} already exists")
        seen.add(block_id)
    _CHECKS[kind](faults, place, block)


def _section(faults: Faults, place: str, block: dict[str, Any]) -> None:
    faults.only_keys(place, block, {"type", "block_id", "text", "fields", "accessory", "expand"})
    if block.get("fields") is None or block.get("text") is not None:
        check_text(faults, f"{place}/text", block.get("text"), 3000)
    if block.get("fields") is not None:
        for index, field in enumerate(faults.items(f"{place}/fields", block["fields"], 10)):
            check_text(faults, f"{place}/fields/{index}", field, 2000)
    if block.get("accessory") is not None:
        check_element(faults, f"{place}/accessory", block["accessory"], AS_ACCESSORY)


def _header(faults: Faults, place: str, block: dict[str, Any]) -> None:
    faults.only_keys(place, block, {"type", "block_id", "text", "level"})
    check_text(faults, f"{place}/text", block.get("text"), 150, kinds=PLAIN)


def _divider(faults: Faults, place: str, block: dict[str, Any]) -> None:
    faults.only_keys(place, block, {"type", "block_id"})


def _context(faults: Faults, place: str, block: dict[str, Any]) -> None:
    faults.only_keys(place, block, {"type", "block_id", "elements"})
    for index, element in enumerate(faults.items(f"{place}/elements", block.get("elements"), 10)):
        here = f"{place}/elements/{index}"
        if isinstance(element, dict) and element.get("type") == "image":
            check_image(faults, here, element)
        else:
            check_text(faults, here, element, 3000)


def _actions(faults: Faults, place: str, block: dict[str, Any]) -> None:
    faults.only_keys(place, block, {"type", "block_id", "elements"})
    seen: set[str] = set()
    for index, element in enumerate(faults.items(f"{place}/elements", block.get("elements"), 25)):
        here = f"{place}/elements/{index}"
        check_element(faults, here, element, IN_ACTIONS)
        action_id = element.get("action_id") if isinstance(element, dict) else None
        if isinstance(action_id, str):
            if action_id in seen:
                faults.add(f"{here}/action_id", f"`action_id` {action_id} already exists")
            seen.add(action_id)


def _context_actions(faults: Faults, place: str, block: dict[str, Any]) -> None:
    faults.only_keys(place, block, {"type", "block_id", "elements"})
    for index, element in enumerate(faults.items(f"{place}/elements", block.get("elements"), 5)):
        check_element(faults, f"{place}/elements/{index}", element, IN_CONTEXT_ACTIONS)


def _markdown(faults: Faults, place: str, block: dict[str, Any]) -> None:
    faults.only_keys(place, block, {"type", "block_id", "text"})
    faults.string(f"{place}/text", block.get("text"), _MARKDOWN_TOGETHER)


def _image(faults: Faults, place: str, block: dict[str, Any]) -> None:
    check_image(faults, place, block)
    if block.get("title") is not None:
        check_text(faults, f"{place}/title", block["title"], 2000, kinds=PLAIN)


def _input(faults: Faults, place: str, block: dict[str, Any]) -> None:
    faults.only_keys(place, block, _INPUT_KEYS)
    check_text(faults, f"{place}/label", block.get("label"), 2000, kinds=PLAIN)
    check_element(faults, f"{place}/element", block.get("element"), AS_INPUT)
    if block.get("hint") is not None:
        check_text(faults, f"{place}/hint", block["hint"], 2000, kinds=PLAIN)


def _table(faults: Faults, place: str, block: dict[str, Any]) -> None:
    faults.only_keys(place, block, {"type", "block_id", "rows", "column_settings"})
    for index, row in enumerate(faults.items(f"{place}/rows", block.get("rows"), 100)):
        for number, cell in enumerate(faults.items(f"{place}/rows/{index}", row, 20)):
            here = f"{place}/rows/{index}/{number}"
            kind = cell.get("type") if isinstance(cell, dict) else None
            faults.one_of(f"{here}/type", kind, {"raw_text", "raw_number", "rich_text"})
            if kind == "raw_text":
                faults.string(f"{here}/text", cell.get("text"), 3000)
            elif kind == "rich_text":
                check_rich_text(faults, here, cell)
    if block.get("column_settings") is not None:
        faults.items(f"{place}/column_settings", block["column_settings"], 20, least=0)


def _alert(faults: Faults, place: str, block: dict[str, Any]) -> None:
    faults.only_keys(place, block, {"type", "block_id", "text", "level"})
    check_text(faults, f"{place}/text", block.get("text"), 3000)
    if block.get("level") is not None:
        faults.one_of(f"{place}/level", block["level"], _LEVELS)


_CHECKS: dict[str, Callable[[Faults, str, dict[str, Any]], None]] = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "context": _context,
    "actions": _actions,
    "context_actions": _context_actions,
    "markdown": _markdown,
    "image": _image,
    "input": _input,
    "table": _table,
    "alert": _alert,
    "rich_text": check_rich_text,
    "plan": check_plan,
    "task_card": check_task_card,
}


def _check_with_sdk(faults: Faults, blocks: Blocks) -> None:
    """A second opinion: the SDK's own validators know limits this file may lack."""
    sdk_log = logging.getLogger("slack_sdk.models")
    for index, block in enumerate(blocks):
        try:
            for parsed in Block.parse_all([block]):
                parsed.validate_json()
        except SlackObjectFormationError as error:
            faults.add(f"/blocks/{index}", str(error))
        except Exception as error:
            # The SDK's parsers raise whatever they stumble over; a block they can't
            # read is not one that Slack is known to take.
            sdk_log.debug("block %d can't be parsed", index, exc_info=True)
            faults.add(f"/blocks/{index}", f"can't be read ({type(error).__name__})")


def _characters(value: Any) -> int:
    if isinstance(value, dict):
        own = len(value["text"]) if isinstance(value.get("text"), str) else 0
        return own + sum(_characters(item) for item in value.values())
    if isinstance(value, list):
        return sum(_characters(item) for item in value)
    return 0


def _with_ids(blocks: Blocks) -> Blocks:
    kept: Blocks = json.loads(json.dumps(blocks))
    for block in kept:
        block.setdefault("block_id", secrets.token_urlsafe(4)[:5])
        elements = [*block.get("elements", ()), block.get("accessory"), block.get("element")]
        for element in elements:
            if isinstance(element, dict) and element.get("type") in _WITH_ACTION_ID:
                element.setdefault("action_id", secrets.token_urlsafe(4)[:5])
    return kept
