"""Which incidents there are: open ones, the latest, one's own, and approvals that wait."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from bot.domain.incident import Incident
from bot.domain.ports import Clock, Directory, Ledger, RotaUnreadableError
from bot.incidents.deciding import Waits, waiting, wanted

log = logging.getLogger(__name__)


class Lists:
    """Incidents come newest first. One that can't be read is left out, and the log says so."""

    def __init__(self, ledger: Ledger, directory: Directory, clock: Clock) -> None:
        self._ledger = ledger
        self._directory = directory
        self._clock = clock

    async def open(self) -> list[Incident]:
        return await self._load(reversed(await self._ledger.open_incidents()))

    async def recent(self, count: int) -> list[Incident]:
        return await self._load(await self._ledger.recent_incidents(count))

    async def mine(self, user: str) -> list[Incident]:
        """Open ones that `user` commands, is asked to command or is on."""
        return [
            incident
            for incident in await self.open()
            if user in (incident.commander, incident.offered_to, incident.taken_by)
        ]

    async def approvals(self, user: str) -> tuple[Waits, ...]:
        """All that wait, those first that `user` may give: to show them, not to decide by."""
        incidents, now = await self.open(), self._clock()
        behind = await self._behind(user, wanted(incidents, now))
        return waiting(user, behind, incidents, now)

    async def _behind(self, user: str, handles: Iterable[str]) -> frozenset[str]:
        """Those of the handles that `user` is behind; one that can't be read is none."""
        found = set()
        if await self._directory.eligible(user):
            for handle in handles:
                try:
                    if user in await self._directory.members(handle):
                        found.add(handle)
                except RotaUnreadableError as error:
                    log.warning("%s", error)
        return frozenset(found)

    async def _load(self, ids: Iterable[str]) -> list[Incident]:
        found = []
        for incident_id in ids:
            try:
                found.append(await self._ledger.load(incident_id))
            except (ValueError, TypeError, KeyError):
                log.exception("%s can't be read", incident_id)
        return found
