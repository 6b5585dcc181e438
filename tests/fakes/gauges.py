"""Gauges to be read side by side, slowly, in vain or wrongly, and a log of who read them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from pydantic import Field

from tools.kit.errors import Unavailable
from tools.kit.tool import Context, Params, ReadTool
from tools.kit.types import Evidence


@dataclass
class Gauges:
    """What each gauge says, and how reading it goes wrong."""

    says: dict[str, str] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)
    """Every gauge that was read, in the order in which reading began."""
    away: set[str] = field(default_factory=set)
    jammed: set[str] = field(default_factory=set)
    """Reading these raises what a tool should never raise."""
    meet: asyncio.Barrier | None = None
    """A reading ends only when as many as this have begun."""


class Gauge(Params):
    gauge: Annotated[str, Field(description="Which gauge.", max_length=60)]
    minutes: Annotated[int, Field(ge=1, le=60, description="How far back.")] = 5


class Measure(ReadTool[Gauge]):
    """Read a gauge."""

    name: ClassVar[str] = "measure"

    def __init__(self, gauges: Gauges) -> None:
        self.gauges = gauges

    async def run(self, params: Gauge, ctx: Context) -> Evidence:
        self.gauges.read.append(params.gauge)
        if self.gauges.meet:
            await self.gauges.meet.wait()
        if params.gauge in self.gauges.away:
            raise Unavailable(f"gauge {params.gauge} does not answer")
        if params.gauge in self.gauges.jammed:
            raise KeyError(params.gauge)
        text = self.gauges.says.get(params.gauge, "")
        first = text.splitlines()[0] if text else "it shows nothing"
        return Evidence(
            tool=self.name,
            query=params.gauge,
            summary=first[:160],
            excerpt=text,
            status="found" if text else "empty",
            values={"text": text},
        )
