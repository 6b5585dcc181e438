"""A world of lamps and tickets in memory, its log of effects, and tools over it that can fail."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from tools.kit.errors import OutcomeUnknown, Refused, Unavailable
from tools.kit.narrowing import Narrows
from tools.kit.tool import Context, Params, ReadTool, ReversibleTool, WriteTool
from tools.kit.types import (
    Applied,
    Change,
    DryRun,
    Effect,
    Evidence,
    Frozen,
    Handle,
    Target,
    Verification,
)

Mishap = Literal["none", "down", "refuses", "answer lost", "request lost"]


@dataclass
class World:
    """What is true outside, and every switch a test can throw."""

    lamps: dict[str, str] = field(
        default_factory=lambda: {"hall": "red", "attic": "red", "cellar": "red"}
    )
    dust: float | None = 1
    """What `look` reads; None: reached, but holds no such value."""
    level: int = 20
    """How bright every lamp is before `brighten`."""
    tickets: dict[str, str] = field(default_factory=dict)
    """Key → status."""
    effects: list[tuple[str, str]] = field(default_factory=list)
    """Every effect that reached the outside, in order: `(key, what)`."""
    reads_down: bool = False
    painting: Mishap = "none"
    tracking: Mishap = "none"
    readback_down: bool = False
    drying: bool = False
    """`verify` says pending."""
    spoilt: bool = False
    """`verify` says failed."""
    checkpoint_down: bool = False
    hold: asyncio.Event | None = None
    """An effect, once sent, returns only when this is set."""

    @property
    def painted(self) -> list[str]:
        return [what for _, what in self.effects if what.startswith("paint")]

    async def act(self, key: str, what: str, mishap: Mishap) -> bool:
        """Let `what` reach the world, or not; False where it already had."""
        if mishap == "down":
            raise Unavailable("no answer")
        if mishap == "refuses":
            raise Refused("not allowed")
        if mishap == "request lost":
            raise OutcomeUnknown("timed out")
        new = key not in {known for known, _ in self.effects}
        if new:
            self.effects.append((key, what))
        return new


class Lamp(Params):
    lamp: Annotated[str, Field(description="Which lamp.")]


class Paint(Lamp):
    colour: Annotated[str, Field(description="Name of a colour.")]


class Colour(Frozen):
    colour: str


class Look(ReadTool[Lamp]):
    """Look at a lamp."""

    name: ClassVar[str] = "look"

    def __init__(self, world: World) -> None:
        self.world = world

    async def run(self, params: Lamp, ctx: Context) -> Evidence:
        if self.world.reads_down:
            raise Unavailable("no light")
        values = {"colour": self.world.lamps[params.lamp], "dust": self.world.dust}
        return Evidence(tool=self.name, query=params.lamp, summary="looked", values=values)


class PaintLamp(ReversibleTool[Paint, Colour]):
    """Paint a lamp."""

    name: ClassVar[str] = "paint"
    effect: ClassVar[Effect] = Effect.WRITE

    def __init__(self, world: World) -> None:
        self.world = world

    async def dry_run(self, params: Paint, ctx: Context) -> DryRun:
        if self.world.painting == "down":
            raise Unavailable("no answer")
        before = self.world.lamps[params.lamp]
        change = Change(target=params.lamp, field="colour", before=before, after=params.colour)
        return DryRun(
            summary=f"Paint {params.lamp}: {before} → {params.colour}",
            targets=(Target(kind="lamp", name=params.lamp),),
            changes=(change,) if before != params.colour else (),
        )

    async def checkpoint(self, params: Paint, ctx: Context) -> Colour:
        if self.world.checkpoint_down:
            raise Unavailable("no answer")
        return Colour(colour=self.world.lamps[params.lamp])

    async def execute(self, params: Paint, ctx: Context) -> Handle:
        return await self.paint(params.lamp, params.colour, ctx)

    async def rollback(self, params: Paint, checkpoint: Colour, ctx: Context) -> Handle:
        return await self.paint(params.lamp, checkpoint.colour, ctx)

    async def paint(self, lamp: str, colour: str, ctx: Context) -> Handle:
        if await self.world.act(ctx.key, f"paint {lamp} {colour}", self.world.painting):
            self.world.lamps[lamp] = colour
        if self.world.hold:
            await self.world.hold.wait()
        if self.world.painting == "answer lost":
            raise OutcomeUnknown("timed out")
        return Handle(ref=ctx.key, summary=f"{lamp} is {colour}")

    async def applied(self, key: str, handle: Handle | None, ctx: Context) -> Applied:
        if self.world.readback_down:
            return Applied(answer="unknown", summary="nobody can say")
        if key not in {known for known, _ in self.world.effects}:
            return Applied(answer="no", summary="never painted")
        found = Handle(ref=key, summary="painted")
        return Applied(answer="yes", summary="painted", handle=found)

    async def verify(self, params: Paint, handle: Handle, ctx: Context) -> Verification:
        if self.world.drying:
            return Verification(status="pending", summary="drying", after_seconds=60)
        right = self.world.lamps[params.lamp] == params.colour and not self.world.spoilt
        return Verification(status="passed" if right else "failed", summary="looked")


class PaintLampAnew(PaintLamp):
    """Paint a lamp, in two coats."""

    version: ClassVar[int] = 2


class Levels(Params):
    lamps: Annotated[tuple[str, ...], Field(description="Which lamps."), Narrows.FEWER]
    level: Annotated[int, Field(description="How bright, in percent."), Narrows.LESS]
    hue: Annotated[str, Field(description="Which white.")] = "warm"


class Brighten(WriteTool[Levels]):
    """Turn lamps up."""

    name: ClassVar[str] = "brighten"
    effect: ClassVar[Effect] = Effect.WRITE

    def __init__(self, world: World) -> None:
        self.world = world

    async def dry_run(self, params: Levels, ctx: Context) -> DryRun:
        return DryRun(
            summary=f"Turn {len(params.lamps)} lamps up to {params.level} %",
            targets=tuple(Target(kind="lamp", name=lamp) for lamp in params.lamps),
            changes=tuple(
                Change(target=lamp, field="level", before=self.world.level, after=params.level)
                for lamp in params.lamps
            ),
        )

    async def execute(self, params: Levels, ctx: Context) -> Handle:
        for lamp in params.lamps:
            await self.world.act(f"{ctx.key}-{lamp}", f"turn {lamp} to {params.level}", "none")
        return Handle(ref=ctx.key, summary="turned up")

    async def applied(self, key: str, handle: Handle | None, ctx: Context) -> Applied:
        return Applied(answer="unknown", summary="nobody can say")

    async def verify(self, params: Levels, handle: Handle, ctx: Context) -> Verification:
        return Verification(status="passed", summary="bright")


class Ticket(Params):
    summary: Annotated[str, Field(description="One line.")]
    description: Annotated[str, Field(description="Text.")] = ""
    project: Annotated[str | None, Field(description="Where.")] = None


class TicketChange(Params):
    key: Annotated[str, Field(description="Which ticket.")]
    comment: Annotated[str, Field(description="Text.")] = ""
    status: Annotated[str, Field(description="New status.")] = ""


class _Tracker:
    """What both ticket tools share: the world, and reading back by key."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def applied(self, key: str, handle: Handle | None, ctx: Context) -> Applied:
        if key not in {known for known, _ in self.world.effects}:
            return Applied(answer="no", summary="not there")
        return Applied(answer="yes", summary="there", handle=Handle(ref=key, summary="there"))

    def plan(self, name: str) -> DryRun:
        if self.world.tracking == "down":
            raise Unavailable("the tracker doesn't answer")
        return DryRun(summary=f"Write {name}", targets=(Target(kind="ticket", name=name),))


class CreateTicket(_Tracker, WriteTool[Ticket]):
    """Open a ticket."""

    name: ClassVar[str] = "create_ticket"
    effect: ClassVar[Effect] = Effect.RECORD

    async def dry_run(self, params: Ticket, ctx: Context) -> DryRun:
        return self.plan("new")

    async def execute(self, params: Ticket, ctx: Context) -> Handle:
        ref = f"LAMP-{len(self.world.tickets) + 1}"
        if await self.world.act(ctx.key, f"open {params.summary}", self.world.tracking):
            self.world.tickets[ref] = "open"
        return Handle(ref=ref, summary=f"opened {ref}")

    async def verify(self, params: Ticket, handle: Handle, ctx: Context) -> Verification:
        return Verification(status="passed", summary="it is there")


class UpdateTicket(_Tracker, WriteTool[TicketChange]):
    """Change a ticket."""

    name: ClassVar[str] = "update_ticket"
    effect: ClassVar[Effect] = Effect.RECORD

    async def dry_run(self, params: TicketChange, ctx: Context) -> DryRun:
        return self.plan(params.key)

    async def execute(self, params: TicketChange, ctx: Context) -> Handle:
        if await self.world.act(ctx.key, f"update {params.key}", self.world.tracking):
            self.world.tickets[params.key] = params.status
        return Handle(ref=params.key, summary=f"{params.key} is {params.status}")

    async def verify(self, params: TicketChange, handle: Handle, ctx: Context) -> Verification:
        return Verification(status="passed", summary="it is there")
