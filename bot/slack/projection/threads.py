"""One incident's thread: folds, and says which slots it has."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain import events as e
from bot.domain.incident import Incident
from bot.domain.ports import Ledger, Posted, SlotStore
from bot.incidents.gravity import proposed_severity
from bot.incidents.smaller import Declared
from bot.incidents.storms import Storms
from bot.policy.inventory import Inventory
from bot.slack.directory import SlackDirectory
from bot.slack.posting.rates import NotYetError
from bot.slack.projection.callees import Callees
from bot.slack.projection.noise import bounded
from bot.slack.projection.reconciler import Reconciler
from bot.slack.projection.sheltered import sheltered
from bot.slack.scene import Scene, named
from bot.slack.views.thread import thread

_LINK_SECONDS = 0.05
"""Until the next look, which knows the address of what was just posted."""


class Threads:
    """Brings the messages of an incident up to date; whoever calls holds its lease."""

    def __init__(
        self,
        ledger: Ledger,
        store: SlotStore,
        storms: Storms,
        reconciler: Reconciler,
        directory: SlackDirectory,
        callees: Callees,
        *,
        declared: Declared,
        oncall: tuple[str, ...],
        inventory: Inventory,
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._storms = storms
        self._reconciler = reconciler
        self._directory = directory
        self._callees = callees
        self._declared = declared
        self._oncall = oncall
        self._inventory = inventory

    async def show(self, incident_id: str) -> None:
        """Raises NotYetError, ClosedError, and what else Slack raised."""
        incident = await self._ledger.load(incident_id)
        if not incident.exists:
            return
        posted = await self._store.all(incident_id)
        scene = await self._scene(incident, posted)
        slots = thread(scene)
        if self._storms.of(incident_id):
            slots = sheltered(scene, slots, posted)
        slots = bounded(incident_id, slots, posted, scene.last_word)
        await self._reconciler.reconcile(incident_id, slots, posted, scene.last_word)
        if await self._reconciler.links(posted) != scene.links:
            raise NotYetError(_LINK_SECONDS, urgent=True)

    async def _scene(self, incident: Incident, posted: dict[str, Posted]) -> Scene:
        noted = tuple(await self._ledger.work(incident.id))
        work = await self._callees.find(incident, noted)
        return Scene(
            incident=incident,
            work=work,
            people=await self._directory.people(_who(incident, work) | {*self._oncall}),
            links=await self._reconciler.links(posted),
            reached=await self._callees.reached(incident, work),
            declared=self._declared,
            oncall=self._oncall,
            proposed=proposed_severity(incident, self._inventory),
        )


def _who(incident: Incident, work: Iterable[e.WorkEvent]) -> set[str]:
    """Everybody a view may name."""
    found = {user for w in work if isinstance(w, e.PeopleFound) for user in w.people}
    return named(incident) | found
