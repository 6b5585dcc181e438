"""Which incidents are one storm, and what people do to a whole one."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.domain import events as e
from bot.domain.ports import Ledger, Openings
from bot.domain.refusals import CommandRefusedError
from bot.domain.storm import Opening, Storm, storms
from bot.incidents.calling import Takeover
from bot.incidents.service import Incidents

_EVER = datetime.fromtimestamp(0, UTC)


class Storms:
    """Read off the openings in the ledger, so that every replica says the same.

    What was read is kept, and only what is new is asked for.
    """

    def __init__(self, openings: Openings) -> None:
        self._source = openings
        self._openings: list[Opening] = []
        self._known: set[str] = set()
        self._of: dict[str, Storm] = {}
        self._named: dict[str, Storm] = {}

    async def refresh(self) -> None:
        """Learn of what has opened since."""
        since = self._openings[-1].at if self._openings else _EVER
        new = [o for o in await self._source.openings(since) if o.incident not in self._known]
        if not new:
            return
        self._known.update(opening.incident for opening in new)
        self._openings = sorted([*self._openings, *new], key=lambda o: (o.at, o.incident))
        found = storms(self._openings)
        self._named = {storm.id: storm for storm in found}
        self._of = {incident: storm for storm in found for incident in storm.incidents}

    def of(self, incident_id: str) -> Storm | None:
        return self._of.get(incident_id)

    def named(self, storm_id: str) -> Storm | None:
        return self._named.get(storm_id)


class StormDesk:
    """What a person at a storm's card may do."""

    def __init__(self, storms: Storms, incidents: Incidents, takeover: Takeover) -> None:
        self._storms = storms
        self._incidents = incidents
        self._takeover = takeover

    async def take(self, storm_id: str, user: str) -> int:
        """They are on all of it that is open; how many incidents that is.

        Raises CommandRefusedError.
        """
        await self._storms.refresh()
        storm = self._storms.named(storm_id)
        ledger = self._incidents.ledger
        there = [await ledger.load(each) for each in storm.incidents] if storm else []
        still_open = [incident.id for incident in there if incident.resolved_at is None]
        if not still_open:
            raise CommandRefusedError(f"nothing of {storm_id} is open any more")
        for incident in still_open:
            try:
                await self._takeover.take(incident, user)
            except CommandRefusedError:
                # Resolved meanwhile; where it is the person who may not, none is open to them.
                if incident == still_open[0]:
                    raise
        return len(still_open)

    async def open_thread(self, incident_id: str, user: str) -> None:
        """That incident gets a card and a thread of its own. Raises CommandRefusedError."""
        await self._takeover.require(user)
        ledger: Ledger = self._incidents.ledger
        if not (await ledger.load(incident_id)).exists:
            raise CommandRefusedError(f"there is no incident {incident_id!r}")
        await ledger.note(incident_id, e.ThreadAsked(at=self._incidents.clock(), actor=user))
