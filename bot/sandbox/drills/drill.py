"""A drill: how it is played, what its evidence is judged by, and what came of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.sandbox.drills.evidence import Evidence, gather
from bot.sandbox.drills.ground import DrillError, Ground
from bot.sandbox.drills.incident import over
from bot.sandbox.drills.verdict import ALWAYS, Rule, end
from bot.sandbox.model import ScriptedModelServer
from bot.sandbox.model.scripts import script as model_script
from bot.sandbox.valkey import ValkeyError
from bot.supervisor import NotReadyError

_MOST_SECONDS = 900.0
"""After this long a drill is broken off: it waits for something that nobody foresaw."""


@dataclass
class Told:
    """What a drill says of itself while it is played."""

    killed: str = ""
    note: str = ""
    wrong: list[str] = field(default_factory=list)
    """What went wrong before its own eyes."""
    rules: list[Rule] = field(default_factory=list)
    """What its evidence must also hold to."""


Script = Callable[[Ground, Told], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Drill:
    """One fault in one incident, on a stage of its own."""

    name: str
    """`E3`, or `E3:valkey`: the point, and the fault where it is not the plain one."""
    told: str
    rows: tuple[int, ...]
    """Rows of the promises that it shows."""
    script: Script
    rules: Sequence[Rule] = ALWAYS
    pace: str = "drill"
    model: bool = False
    """Whether a scripted model investigates."""
    again: bool = True
    """Whether everything is killed and started again before the evidence is read."""

    @property
    def point(self) -> str:
        return self.name.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a drill. It held where nothing is `wrong`."""

    name: str
    told: str
    rows: tuple[int, ...]
    killed: str
    effects: tuple[str, ...]
    """`operation target`, in the order in which they reached the company."""
    end: str
    note: str
    wrong: tuple[str, ...]
    seconds: float
    evidence: Evidence | None = None

    @property
    def held(self) -> bool:
        return not self.wrong

    def kept_in(self, data: Path) -> Outcome:
        """Itself, with the word where its logs and its store are to be looked at."""
        return replace(self, wrong=(*self.wrong, f"see {data}"))


async def play(drill: Drill, data: Path) -> Outcome:
    """Play it in the empty folder `data`, and judge it."""
    told = Told()
    began = time.monotonic()
    evidence: Evidence | None = None
    try:
        async with asyncio.timeout(_MOST_SECONDS):
            evidence = await _evidence(drill, told, data)
    except* (DrillError, NotReadyError, ValkeyError, TimeoutError) as errors:
        told.wrong.append(_first(errors))
    verdicts = [rule(evidence) for rule in (*drill.rules, *told.rules)] if evidence else []
    return Outcome(
        name=drill.name,
        told=drill.told,
        rows=drill.rows,
        killed=told.killed,
        effects=tuple(effect.text for effect in evidence.effects) if evidence else (),
        end=end(evidence) if evidence else "",
        note=told.note,
        wrong=(*told.wrong, *(verdict for verdict in verdicts if verdict)),
        seconds=time.monotonic() - began,
        evidence=evidence,
    )


async def _evidence(drill: Drill, told: Told, data: Path) -> Evidence:
    async with AsyncExitStack() as brought:
        settings = {}
        if drill.model:
            server = ScriptedModelServer(model_script(dies=False))
            url = (await brought.enter_async_context(server)).url
            settings = {"ANTHROPIC_API_KEY": "local", "ANTHROPIC_BASE_URL": url}
        ground = Ground(data, pace=drill.pace, **settings)
        await brought.enter_async_context(ground)
        await drill.script(ground, told)
        if drill.again:
            await ground.start_all_again()
            await over(ground)
        return await gather(ground, data)


def _first(errors: BaseExceptionGroup[Exception]) -> str:
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) or f"it took more than {_MOST_SECONDS:.0f} s"
