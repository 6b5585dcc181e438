"""Checks of the chunks that a stream is written in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.sandbox.slack.checks.blocks import accept_blocks
from bot.sandbox.slack.checks.faults import Faults
from bot.sandbox.slack.checks.tasks import TASK_STATUSES, check_sources
from bot.sandbox.slack.errors import SlackError

Json = dict[str, Any]
TEXT_MOST = 12_000
_TITLE_MOST = 256
_KEYS = {
    "markdown_text": {"type", "text"},
    "plan_update": {"type", "title"},
    "task_update": {"type", "id", "title", "status", "details", "output", "sources"},
    "blocks": {"type", "blocks"},
}


@dataclass(frozen=True)
class Text:
    """Markdown that is added to what was written."""

    text: str


@dataclass(frozen=True)
class Plan:
    """Another title for the plan."""

    title: str


@dataclass(frozen=True)
class Blocks:
    """Blocks below what was written."""

    blocks: list[Json]


@dataclass(frozen=True)
class Task:
    """A task's news: title, status and output replace, details and sources are added."""

    id: str
    title: str
    status: str
    details: str = ""
    output: str = ""
    sources: tuple[Json, ...] = ()

    def onto(self, before: Json | None) -> Json:
        """The task's card with this news."""
        card: Json = {
            **(before or {"type": "task_card", "task_id": self.id}),
            "title": self.title,
            "status": self.status,
        }
        if self.details:
            card["details"] = _rich(_plain(card.get("details")) + self.details)
        if self.output:
            card["output"] = _rich(self.output)
        if self.sources:
            card["sources"] = [*card.get("sources", ()), *self.sources]
        return card


Chunk = Text | Plan | Blocks | Task


def accept_chunks(value: Any) -> list[Chunk]:
    """The chunks of one call. Raises `SlackError` `invalid_chunks`, naming every fault."""
    faults = Faults()
    if not isinstance(value, list):
        faults.add("/chunks", "must be an array")
        raise _refused(faults)
    found = [_chunk(faults, f"/chunks/{index}", chunk) for index, chunk in enumerate(value)]
    if faults.found:
        raise _refused(faults)
    return [chunk for chunk in found if chunk is not None]


def accept_markdown(text: str) -> Text:
    """Text outside of chunks. Raises `SlackError` `msg_too_long`."""
    if len(text) > TEXT_MOST:
        raise SlackError("msg_too_long")
    return Text(text)


def _chunk(faults: Faults, place: str, value: Any) -> Chunk | None:
    kind = str(value.get("type")) if isinstance(value, dict) else ""
    if not faults.one_of(f"{place}/type", kind, _KEYS):
        return None
    faults.only_keys(place, value, _KEYS[kind])
    if kind == "markdown_text":
        if not faults.string(f"{place}/text", value.get("text"), 10**9):
            return None
        return accept_markdown(value["text"])
    if kind == "blocks":
        return Blocks(accept_blocks(value.get("blocks"), "message"))
    if not faults.string(f"{place}/title", value.get("title"), _TITLE_MOST):
        return None
    return Plan(value["title"]) if kind == "plan_update" else _task(faults, place, value)


def _task(faults: Faults, place: str, value: Json) -> Task:
    faults.string(f"{place}/id", value.get("id"), 255)
    faults.one_of(f"{place}/status", value.get("status"), TASK_STATUSES)
    for name in ("details", "output"):
        faults.optional_string(f"{place}/{name}", value.get(name), _TITLE_MOST)
    if value.get("sources") is not None:
        check_sources(faults, f"{place}/sources", value["sources"])
    return Task(
        id=str(value.get("id")),
        title=value["title"],
        status=str(value.get("status")),
        details=value.get("details") or "",
        output=value.get("output") or "",
        sources=tuple(value.get("sources") or ()),
    )


def _refused(faults: Faults) -> SlackError:
    messages = [f"[ERROR] {fault}" for fault in faults.found]
    return SlackError("invalid_chunks", response_metadata={"messages": messages})


def _rich(text: str) -> Json:
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [section]}


def _plain(rich: Json | None) -> str:
    return str(rich["elements"][0]["elements"][0]["text"]) if rich else ""
