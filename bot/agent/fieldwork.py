"""Takes checks for an investigation, each recorded as it begins and as it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from bot.domain import events as e
from bot.domain.incident import Incident
from bot.domain.ports import Clock, Ledger
from bot.domain.values import Coverage
from bot.incidents.readings import Readings
from tools.kit.catalog import Catalog
from tools.kit.types import Evidence, Frozen


class Look(Frozen):
    """One read to take."""

    id: str
    """Its evidence's id; a look that was taken before a crash is not taken again."""
    title: str
    tool: str
    params: dict[str, Any]


class Fieldwork:
    """The looks of one investigation. What the ledger holds of them already is used again."""

    def __init__(
        self, incident: Incident, ledger: Ledger, readings: Readings, catalog: Catalog, clock: Clock
    ) -> None:
        self._incident = incident
        self._ledger = ledger
        self._readings = readings
        self._catalog = catalog
        self._clock = clock
        self._taken: dict[str, e.EvidenceRecorded] = {}

    async def resume(self, prefix: str = "") -> None:
        """Take over what an earlier, killed investigation recorded under ids with `prefix`."""
        for event in await self._ledger.work(self._incident.id):
            if isinstance(event, e.EvidenceRecorded) and event.id.startswith(prefix):
                self._taken[event.id] = event

    async def take(
        self, looks: Sequence[Look], finding: Callable[[Look, Evidence], str]
    ) -> dict[str, Evidence]:
        """Take all of them side by side; evidence by look id.

        `finding` says what the evidence means, in one line for people.
        """
        todo = [look for look in looks if look.id not in self._taken]
        now = self._clock()
        if todo:
            await self._ledger.note(
                self._incident.id,
                *(
                    e.CheckStarted(at=now, actor="opsbot", check=look.id, title=look.title)
                    for look in todo
                ),
            )
        found = await asyncio.gather(*(self._one(look) for look in todo))
        for look, evidence in zip(todo, found, strict=True):
            recorded = e.EvidenceRecorded(
                at=self._clock(),
                actor="opsbot",
                id=look.id,
                check=look.id,
                title=look.title,
                finding=finding(look, evidence),
                evidence=evidence,
            )
            await self._ledger.note(self._incident.id, recorded)
            self._taken[look.id] = recorded
        return {look.id: self._taken[look.id].evidence for look in looks}

    async def _one(self, look: Look) -> Evidence:
        if look.tool not in self._catalog:
            return Evidence(
                tool=look.tool,
                query=str(look.params),
                summary=f"{look.tool} is not configured",
                status="failed",
            )
        return await self._readings.look(look.tool, look.params)

    @property
    def evidence(self) -> dict[str, Evidence]:
        """Everything seen so far, by id."""
        return {id_: recorded.evidence for id_, recorded in self._taken.items()}

    def coverage(self, skipped: Sequence[str] = ()) -> Coverage:
        """Everything that was meant to be looked at; `skipped` counts as failed."""
        there = [r for r in self._taken.values() if r.evidence.tool in self._catalog]

        def of(status: str) -> tuple[str, ...]:
            return tuple(r.title for r in there if r.evidence.status == status)

        return Coverage(
            checked=of("found"),
            empty=of("empty"),
            failed=(*of("failed"), *skipped),
            not_configured=tuple(r.title for r in self._taken.values() if r not in there),
        )
