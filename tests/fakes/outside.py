"""A world that tells of every effect that reaches it, in which workers can be held or die, and a
catalogue beyond lamps and tickets: bells to ring, lamps to smash, several lamps at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import Field

from tests.fakes.tools import (
    Colour,
    CreateTicket,
    Lamp,
    Look,
    Mishap,
    Paint,
    PaintLamp,
    UpdateTicket,
    World,
)
from tools.kit.errors import OutcomeUnknown, Unavailable
from tools.kit.narrowing import Narrows
from tools.kit.tool import Context, Params, WriteTool
from tools.kit.types import (
    Applied,
    Change,
    DryRun,
    Effect,
    Evidence,
    Handle,
    Target,
    Verification,
)

STRANGE_LAMPS = ("moon", "ha\u200bll", "\u202ellah", "*", "", "<!channel>", "hall ")
"""Lamps that are there and that no inventory knows."""


def _nothing(*_: str) -> None:
    """Nobody listens."""


@dataclass
class Outside(World):
    """Every arrival of an effect is told, also a second one under the same key."""

    clock: Callable[[], datetime] = datetime.now
    arrived: Callable[[str, str], None] = _nothing
    """Told the key and what was done, in the instant it is."""
    at_door: Callable[[str], None] = _nothing
    """Told `sending` before an effect and `landed` after it; may raise."""
    hold_at: str = ""
    """Where the next worker to come by is held: `look`, `dry run`, `checkpoint` or `sending`."""
    held: list[asyncio.Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lamps |= dict.fromkeys(STRANGE_LAMPS, "red")

    async def pass_by(self, place: str) -> None:
        """Hold whoever comes by, until somebody lets go."""
        if self.hold_at == place:
            self.hold_at = ""
            gate = asyncio.Event()
            self.held.append(gate)
            await gate.wait()

    async def send(self, ctx: Context, what: str, mishap: Mishap) -> bool:
        """Let `what` arrive, or not; False where it already had."""
        await self.pass_by("sending")
        if self.clock() >= ctx.deadline:
            raise Unavailable("its deadline passed before it was sent")
        self.at_door("sending")
        new = await self.act(ctx.key, what, mishap)
        self.at_door("landed")
        return new

    async def act(self, key: str, what: str, mishap: Mishap) -> bool:
        if mishap in ("none", "answer lost"):
            self.arrived(key, what)
        return await super().act(key, what, mishap)


class HeldLook(Look):
    """Look at a lamp."""

    world: Outside

    async def run(self, params: Lamp, ctx: Context) -> Evidence:
        await self.world.pass_by("look")
        return await super().run(params, ctx)


class HeldPaintLamp(PaintLamp):
    """Paint a lamp."""

    world: Outside

    async def dry_run(self, params: Paint, ctx: Context) -> DryRun:
        found = await super().dry_run(params, ctx)
        await self.world.pass_by("dry run")
        return found

    async def checkpoint(self, params: Paint, ctx: Context) -> Colour:
        await self.world.pass_by("checkpoint")
        return await super().checkpoint(params, ctx)

    async def paint(self, lamp: str, colour: str, ctx: Context) -> Handle:
        if await self.world.send(ctx, f"paint {lamp} {colour}", self.world.painting):
            self.world.lamps[lamp] = colour
        if self.world.painting == "answer lost":
            raise OutcomeUnknown("timed out")
        return Handle(ref=ctx.key, summary=f"{lamp} is {colour}")


class _Final:
    """What the tools share that can't put anything back."""

    def __init__(self, world: Outside) -> None:
        self.world = world

    async def done(self, ctx: Context, what: str) -> Handle:
        await self.world.send(ctx, what, self.world.painting)
        if self.world.painting == "answer lost":
            raise OutcomeUnknown("timed out")
        return Handle(ref=ctx.key, summary=what)

    async def applied(self, key: str, handle: Handle | None, ctx: Context) -> Applied:
        if self.world.readback_down:
            return Applied(answer="unknown", summary="nobody can say")
        if key not in {known for known, _ in self.world.effects}:
            return Applied(answer="no", summary="never happened")
        return Applied(answer="yes", summary="done", handle=Handle(ref=key, summary="done"))


class Bell(Params):
    bell: Annotated[str, Field(description="Which service's bell.")]
    times: Annotated[int, Field(description="How often."), Narrows.LESS] = 1


class RingBell(_Final, WriteTool[Bell]):
    """Ring a bell."""

    name: ClassVar[str] = "ring"
    effect: ClassVar[Effect] = Effect.WRITE

    async def dry_run(self, params: Bell, ctx: Context) -> DryRun:
        return DryRun(summary=f"Ring {params.bell}", targets=(Target(kind="s", name=params.bell),))

    async def execute(self, params: Bell, ctx: Context) -> Handle:
        return await self.done(ctx, f"ring {params.bell} {params.times}")

    async def verify(self, params: Bell, handle: Handle, ctx: Context) -> Verification:
        return Verification(status="failed" if self.world.spoilt else "passed", summary="heard")


class SmashLamp(_Final, WriteTool[Lamp]):
    """Smash a lamp."""

    name: ClassVar[str] = "smash"
    effect: ClassVar[Effect] = Effect.DESTRUCTIVE

    async def dry_run(self, params: Lamp, ctx: Context) -> DryRun:
        target = Target(kind="lamp", name=params.lamp)
        return DryRun(summary=f"Smash {params.lamp}", targets=(target,))

    async def execute(self, params: Lamp, ctx: Context) -> Handle:
        return await self.done(ctx, f"smash {params.lamp}")

    async def verify(self, params: Lamp, handle: Handle, ctx: Context) -> Verification:
        return Verification(status="passed", summary="in pieces")


class Lamps(Params):
    lamps: Annotated[tuple[str, ...], Field(description="Which lamps."), Narrows.FEWER]
    colour: Annotated[str, Field(description="Name of a colour.")]


class PaintMany(_Final, WriteTool[Lamps]):
    """Paint several lamps at once."""

    name: ClassVar[str] = "paint_many"
    effect: ClassVar[Effect] = Effect.WRITE

    async def dry_run(self, params: Lamps, ctx: Context) -> DryRun:
        return DryRun(
            summary=f"Paint {len(params.lamps)} lamps {params.colour}",
            targets=tuple(Target(kind="lamp", name=lamp) for lamp in params.lamps),
            changes=tuple(
                Change(target=lamp, field="colour", before=before, after=params.colour)
                for lamp in params.lamps
                if (before := self.world.lamps[lamp]) != params.colour
            ),
        )

    async def execute(self, params: Lamps, ctx: Context) -> Handle:
        if self.world.painting in ("none", "answer lost"):
            self.world.lamps |= dict.fromkeys(params.lamps, params.colour)
        return await self.done(ctx, f"paint_many {','.join(params.lamps)} {params.colour}")

    async def verify(self, params: Lamps, handle: Handle, ctx: Context) -> Verification:
        return Verification(status="passed", summary="painted")


ARSENAL = (HeldLook, HeldPaintLamp, RingBell, SmashLamp, PaintMany, CreateTicket, UpdateTicket)
