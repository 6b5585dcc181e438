"""Every open incident as it is now: read once, and again only when it changed."""

from __future__ import annotations

import asyncio
import logging
import time

from bot.domain.incident import Incident
from bot.domain.ports import Ledger

log = logging.getLogger(__name__)
_TRUSTED_SECONDS = 60.0
"""A word of a change may be missed, so nothing is believed for longer."""


class Board:
    """A cache, one for each process. Whoever listens to the feed tells it what changed."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: dict[str, tuple[float, Incident]] = {}
        self._stale: set[str] = set()
        """What changed since it was read, or while it was being read."""
        self._since = 0
        """How often all was forgotten: what was being read meanwhile is not kept."""
        self._one_at_a_time = asyncio.Lock()

    def changed(self, incident_id: str) -> None:
        self._stale.add(incident_id)

    def forget(self) -> None:
        """Changes may have gone unheard."""
        self._known.clear()
        self._since += 1

    async def look(self, most: int | None = None) -> list[Incident]:
        """What is open, oldest first; of more than `most` the latest."""
        async with self._one_at_a_time:
            ids = await self._ledger.open_incidents()
            found = [await self._read(i) for i in ids[-most if most else 0 :]]
            self._known = {i: kept for i in ids if (kept := self._known.get(i))}
            self._stale &= set(ids)
        return [incident for incident in found if incident and not incident.resolved_at]

    async def _read(self, incident_id: str) -> Incident | None:
        """None for one that can't be read, for it was tampered with: the others are shown."""
        until, incident = self._known.get(incident_id, (0.0, None))
        if incident is None or incident_id in self._stale or time.monotonic() >= until:
            self._stale.discard(incident_id)
            since = self._since
            try:
                incident = await self._ledger.load(incident_id)
            except (ValueError, TypeError, KeyError):
                log.exception("%s can't be read, so it is not shown", incident_id)
                return None
            if since == self._since:
                self._known[incident_id] = (time.monotonic() + _TRUSTED_SECONDS, incident)
        return incident
