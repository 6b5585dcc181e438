"""Checks of rich text and of the plan and task cards that carry it."""

from __future__ import annotations

from typing import Any

from bot.sandbox.slack.checks.faults import Faults

_RICH_PARTS = {
    "rich_text_section",
    "rich_text_list",
    "rich_text_preformatted",
    "rich_text_quote",
}
_RICH_LEAVES = {
    "text",
    "link",
    "emoji",
    "user",
    "usergroup",
    "channel",
    "broadcast",
    "date",
    "color",
}
TASK_STATUSES = {"pending", "in_progress", "complete", "error"}
_TITLE_MOST = 256
_TASKS_MOST = 50


def check_rich_text(faults: Faults, place: str, block: dict[str, Any]) -> None:
    """A `rich_text` object: sections, lists, quotes and preformatted text."""
    if block.get("type") != "rich_text":
        faults.add(f"{place}/type", "must be rich_text")
        return
    for index, part in enumerate(faults.items(f"{place}/elements", block.get("elements"), 100)):
        _check_part(faults, f"{place}/elements/{index}", part)


def _check_part(faults: Faults, place: str, part: Any) -> None:
    kind = part.get("type") if isinstance(part, dict) else None
    if not faults.one_of(f"{place}/type", kind, _RICH_PARTS):
        return
    elements = faults.items(f"{place}/elements", part.get("elements"), 1000, least=0)
    for index, leaf in enumerate(elements):
        here = f"{place}/elements/{index}"
        if kind == "rich_text_list":
            _check_part(faults, here, leaf)
            continue
        leaf_kind = leaf.get("type") if isinstance(leaf, dict) else None
        if faults.one_of(f"{here}/type", leaf_kind, _RICH_LEAVES) and leaf_kind == "text":
            faults.string(f"{here}/text", leaf.get("text"), 3000, least=1)


def check_task_card(faults: Faults, place: str, block: dict[str, Any]) -> None:
    """One task: id, plain title, one of four states."""
    faults.string(f"{place}/task_id", block.get("task_id"), 255)
    faults.string(f"{place}/title", block.get("title"), _TITLE_MOST)
    faults.one_of(f"{place}/status", block.get("status"), TASK_STATUSES)
    for name in ("details", "output"):
        if block.get(name) is None:
            continue
        if isinstance(block[name], dict):
            check_rich_text(faults, f"{place}/{name}", block[name])
        else:
            faults.add(f"{place}/{name}", "must be a rich_text object")
    if block.get("sources") is not None:
        check_sources(faults, f"{place}/sources", block["sources"])


def check_sources(faults: Faults, place: str, value: Any) -> None:
    """Links that a task drew from."""
    for index, source in enumerate(faults.items(place, value, 20)):
        here = f"{place}/{index}"
        if not isinstance(source, dict) or source.get("type") != "url":
            faults.add(f"{here}/type", "must be url")
            continue
        faults.string(f"{here}/url", source.get("url"), 3000)
        faults.string(f"{here}/text", source.get("text"), _TITLE_MOST)


def check_plan(faults: Faults, place: str, block: dict[str, Any]) -> None:
    """A plan: plain title, and tasks whose ids differ."""
    faults.only_keys(place, block, {"type", "block_id", "title", "tasks"})
    faults.string(f"{place}/title", block.get("title"), _TITLE_MOST)
    seen: set[str] = set()
    tasks = faults.items(f"{place}/tasks", block.get("tasks") or [], _TASKS_MOST, least=0)
    for index, task in enumerate(tasks):
        here = f"{place}/tasks/{index}"
        if not isinstance(task, dict):
            faults.add(here, "must be an object")
            continue
        if task.get("type", "task_card") != "task_card":
            faults.add(f"{here}/type", "must be task_card")
        check_task_card(faults, here, task)
        task_id = task.get("task_id")
        if isinstance(task_id, str):
            if task_id in seen:
                faults.add(f"{here}/task_id", f"`task_id` {task_id} already exists")
            seen.add(task_id)
