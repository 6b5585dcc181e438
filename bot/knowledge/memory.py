"""What helped before: a search over closed incidents."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from bot.domain.incident import Incident
from bot.domain.ports import Ledger
from bot.knowledge.documents import Document
from bot.knowledge.retrieval import RunbookIndex
from tools.kit.tool import Context, Params, ReadTool
from tools.kit.types import Evidence

_LOOKED_AT = 100
_MOST = 3


class SearchIncidentsParams(Params):
    query: Annotated[
        str, Field(min_length=2, max_length=500, description="Alert, service and symptom.")
    ]


class SearchIncidents(ReadTool[SearchIncidentsParams]):
    """Search closed incidents that look alike, for their cause and for what helped.

    Use it early. A likeness is a lead, never evidence of the present cause.
    """

    name: ClassVar[str] = "search_incidents"
    yields: ClassVar[frozenset[str]] = frozenset({"incidents"})

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def run(self, params: SearchIncidentsParams, ctx: Context) -> Evidence:
        recent = [
            await self._ledger.load(i) for i in await self._ledger.recent_incidents(_LOOKED_AT)
        ]
        closed = {i.id: i for i in recent if i.resolved_at and i.diagnosis and i.diagnosis.cause}
        index = RunbookIndex(_document(i) for i in closed.values())
        found = [closed[hit.document.id] for hit in index.search(params.query, _MOST)]
        lines = [_line(incident) for incident in found]
        return Evidence(
            tool=self.name,
            query=params.query,
            summary=lines[0][:160] if lines else _nothing(len(closed)),
            excerpt="\n".join(lines)[: ctx.max_chars],
            status="found" if found else "empty",
            values={"incidents": [incident.id for incident in found]},
        )


def _document(incident: Incident) -> Document:
    alert = next(iter(incident.alerts.values()))
    return Document(
        id=incident.id,
        title=incident.title,
        headings=(incident.service, alert.labels.get("alertname", "")),
        body=" ".join([incident.resolution, *alert.labels.values(), *alert.annotations.values()]),
        path=incident.id,
    )


def _nothing(closed: int) -> str:
    return f"none of {closed} closed ones is alike" if closed else "none was closed yet"


def _line(incident: Incident) -> str:
    cause = incident.diagnosis.cause if incident.diagnosis else ""
    fix = incident.fix
    helped = "helped" if fix and fix.recovered else "ended it"
    return f"{incident.id} was alike: {cause}; {helped}: {incident.resolution}"
