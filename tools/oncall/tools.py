"""The tool that reads who is on call."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from tools.kit.excerpt import cut, fit
from tools.kit.tool import Context, Params, ReadTool
from tools.kit.types import Evidence
from tools.oncall.port import Rota

ScheduleName = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^*?%]+$")]


class GetOncallParams(Params):
    schedule: Annotated[
        ScheduleName, Field(description="The schedule, by the id or name the rota knows it by.")
    ]


class GetOncall(ReadTool[GetOncallParams]):
    """Say who is on call in a schedule now.

    Use it to name the person to ask, or to see whether a schedule has a gap. It tells nothing of
    who was on call earlier, and calls nobody.
    """

    name: ClassVar[str] = "get_oncall"
    yields: ClassVar[frozenset[str]] = frozenset({"count", "people"})

    def __init__(self, backend: Rota) -> None:
        self._backend = backend

    async def run(self, params: GetOncallParams, ctx: Context) -> Evidence:
        """Values: `count`, and `people`, the names of those on call."""
        duty = await self._backend.on_call(params.schedule, ctx)
        names = [person.name for person in duty.people]
        excerpt, cut_short = fit(names, ctx.max_chars)
        said = f"On call in {params.schedule}: {', '.join(names)}"
        return Evidence(
            tool=self.name,
            query=duty.query,
            summary=cut(said if names else f"Nobody is on call in {params.schedule}", 160),
            excerpt=excerpt,
            status="found" if names else "empty",
            truncated=cut_short,
            values={"count": len(names), "people": names},
        )
