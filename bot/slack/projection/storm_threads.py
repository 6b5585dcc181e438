"""A storm's card and thread: folds its incidents, and reconciles its slots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.domain.incident import Incident
from bot.domain.ports import Ledger, Posted, SlotStore
from bot.domain.storm import Storm, shared_calls
from bot.domain.waiting import waiting
from bot.incidents.storms import Storms
from bot.slack.directory import SlackDirectory
from bot.slack.projection.callees import Callees
from bot.slack.projection.reconciler import Reconciler
from bot.slack.scene import stage_of
from bot.slack.storm_scene import Ring, Row, Shared, StormScene, rings, shared
from bot.slack.views.storm import ROOT, storm_thread


class Versions(Protocol):
    async def versions(self, incident_ids: Sequence[str]) -> list[int]:
        """How far each incident has come, in their order."""


class StormThreads:
    """Brings the messages of a storm up to date; whoever calls holds its lease."""

    def __init__(
        self,
        ledger: Ledger,
        versions: Versions,
        store: SlotStore,
        storms: Storms,
        reconciler: Reconciler,
        directory: SlackDirectory,
        callees: Callees,
    ) -> None:
        self._ledger = ledger
        self._versions = versions
        self._store = store
        self._storms = storms
        self._reconciler = reconciler
        self._directory = directory
        self._callees = callees
        self._loaded: dict[str, Incident] = {}
        """As last read; thousands are not folded anew for each change of one."""

    async def show(self, storm_id: str) -> None:
        """Raises NotYetError, ClosedError, and what else Slack raised."""
        storm = self._storms.named(storm_id)
        if storm is None:
            return
        incidents = await self._incidents(storm)
        posted = await self._store.all(storm_id)
        there = {i.id: await self._store.all(i.id) for i in incidents}
        made = [await self._called(ring) for ring in rings(_calls(incidents, there))]
        scene = StormScene(
            id=storm.id,
            rows=tuple([await self._row(i, there[i.id]) for i in incidents]),
            rings=tuple(made),
            people=await self._directory.people(_who(incidents, made)),
            link=(await self._reconciler.links(posted)).get(ROOT, ""),
        )
        await self._reconciler.reconcile(storm_id, storm_thread(scene), posted, root=ROOT)
        if all(incident.resolved_at for incident in incidents):
            for incident in incidents:
                self._loaded.pop(incident.id, None)

    async def _incidents(self, storm: Storm) -> list[Incident]:
        versions = await self._versions.versions(storm.incidents)
        for name, version in zip(storm.incidents, versions, strict=True):
            known = self._loaded.get(name)
            if known is None or known.version != version:
                self._loaded[name] = await self._ledger.load(name)
        return [self._loaded[name] for name in storm.incidents if self._loaded[name].exists]

    async def _row(self, incident: Incident, posted: dict[str, Posted]) -> Row:
        return Row(
            incident=incident.id,
            title=incident.title,
            severity=incident.severity,
            stage=stage_of(incident),
            opened_at=incident.opened_at,
            resolved_at=incident.resolved_at,
            taken_by=incident.taken_by,
            link=(await self._reconciler.links(posted)).get("card", ""),
            has_card="card" in posted,
        )

    async def _called(self, ring: Ring) -> Ring:
        """With the people behind its names, who are looked up for the first of its calls alone."""
        first = ring.first
        incident = self._loaded[first.incident]
        work = await self._callees.find(incident, tuple(await self._ledger.work(incident.id)))
        found = self._callees.found(work, first.number)
        reached = await self._callees.reached(incident, work)
        waits = waiting(incident)
        return ring.model_copy(
            update={
                "people": found.people if found else (),
                "instead": found.instead if found else "",
                "direct": reached.get(first.number, ()),
                "until": waits.until if waits and first.number == len(incident.calls) else None,
            }
        )


def _calls(incidents: Sequence[Incident], there: dict[str, dict[str, Posted]]) -> list[Shared]:
    """Those of the incidents' calls that are not made in their own threads already."""
    return [
        shared(incident, number, call)
        for incident in incidents
        for number, call in shared_calls(incident)
        if f"escalation:{number}" not in there[incident.id]
    ]


def _who(incidents: Sequence[Incident], made: Sequence[Ring]) -> set[str]:
    who = {incident.taken_by for incident in incidents if incident.taken_by}
    for ring in made:
        who |= {*ring.people, *ring.first.call.to, *ring.first.call.then}
    return who
