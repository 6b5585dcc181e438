"""One incident on a drill's ground, played to its end and recorded as the demo does it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.domain.incident import Incident
from bot.sandbox.drills.ground import Ground
from bot.sandbox.drills.incident import approve
from bot.sandbox.performance import perform
from bot.sandbox.plays import Play

_PATIENCE_SECONDS = 200.0


@dataclass
class Drill:
    """The ground while it is played. Afterwards: what the company and Slack saw."""

    ground: Ground
    record: dict[str, Any] = field(default_factory=dict)
    watching: asyncio.Task[None] | None = None
    """What a fault has to do later; kept from being collected."""

    @property
    def effects(self) -> Counter[str]:
        """`operation target` → how often it reached the company."""
        return Counter(f"{e['operation']} {e['target']}" for e in self.record["effects"])

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.record["thread"]]


Fault = Callable[[Drill], Awaitable[None]]


async def nothing(_: Drill) -> None:
    """No fault."""


async def run(data: Path, *, before: Fault = nothing, **told: str) -> Drill:
    """Play the failing ETL job to its end; Maya approves. `before`: the fault, or what waits to
    bring it. `told`: settings besides. Raises PlayError where it doesn't end in a report or a
    call."""
    async with Ground(data, **told) as ground:
        drill = Drill(ground)
        await before(drill)
        play = Play(
            "drill",
            lambda c: c.break_etl(),
            "person",
            _over,
            lambda _: None,
        )
        async with asyncio.timeout(_PATIENCE_SECONDS), asyncio.TaskGroup() as tasks:
            approving = tasks.create_task(approve(ground))
            drill.record = await perform(ground.stage, play, _ignore, _ignore)
            approving.cancel()
    return drill


def _over(incident: Incident) -> bool:
    return incident.reported_at is not None or bool(incident.calls)


def _ignore(_: str) -> None:
    """Nobody watches a drill."""
