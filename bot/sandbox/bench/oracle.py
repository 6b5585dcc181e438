"""What the scripted model says in the bench: a fixed series of calls for each service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.model import Answer, Asked, Call, ScriptedModelServer, Turn
from bot.sandbox.model.server import Exchange

_WORDS = {
    "summary": "Orders are slow.",
    "stakeholders": "Orders are slow. We are on it.",
    "status_page": "Orders may be slow.",
}


@dataclass(slots=True)
class Part:
    """One investigation: a call for each turn, then the end."""

    service: str
    """Of the alert; the model knows by it which investigation asks."""
    calls: Sequence[Call]
    at_turn: Callable[[int], None] = lambda number: None
    """Told the number of each turn as it is asked for."""
    done: asyncio.Event = field(default_factory=asyncio.Event)


class Oracle:
    """A scripted model, and what was asked of it."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        # The checks of the provider's types would be counted as opsbot's time.
        self.server = ScriptedModelServer([Turn(self._answer, times=None)], checks=False)

    def exchanges(self, part: Part) -> list[Exchange]:
        """The requests of that investigation, in order."""
        return [
            seen
            for seen in self.server.requests
            if _offers(seen.body, "conclude") and f"service {part.service}," in _first(seen.body)
        ]

    def _answer(self, asked: Asked) -> Answer:
        if "draft" in asked.tools:
            return Answer(calls=(Call("draft", _WORDS),))
        if "answer" in asked.tools:
            return Answer(text="etl is fine.")
        part = next((p for p in self._parts if f"service {p.service}," in asked.texts[0]), None)
        if part is None:
            return Answer(status=400, error=f"no part for {asked.texts[0][:120]!r}")
        part.at_turn(asked.number)
        if asked.number <= len(part.calls):
            call = part.calls[asked.number - 1]
            return Answer(text=f"I look at {call.name}.", calls=(call,), thinking=True)
        part.done.set()
        end: dict[str, Any] = {
            "hypotheses": [],
            "ruled_out": [],
            "not_known": ["the cause"],
            "options": [],
        }
        return Answer(calls=(Call("conclude", end),))


def _offers(body: dict[str, Any], tool: str) -> bool:
    return any(each["name"] == tool for each in body.get("tools", ()))


def _first(body: dict[str, Any]) -> str:
    return str(body["messages"][0]["content"])
