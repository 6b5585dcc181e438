"""Fresh looks for a question about an incident: what changed around it, what was like it before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.domain.incident import Incident
from bot.domain.ports import Clock, SlotStore
from bot.incidents.intent import Intent
from bot.incidents.readings import Readings
from bot.policy.inventory import Inventory
from bot.policy.topology import surroundings
from tools.kit.catalog import Catalog
from tools.kit.types import Evidence

_BEFORE = timedelta(hours=2)
_MOST_MINUTES = 10_080
_MOST_AROUND = 20
_APART_SECONDS = 10.0
"""Least time between two looks of one kind at one incident: a crowd that asks is answered from the
last one."""


class Inquiry:
    """Reads only. Whoever asks often is not let through to the source each time."""

    def __init__(
        self,
        readings: Readings,
        catalog: Catalog,
        inventory: Inventory,
        slots: SlotStore,
        clock: Clock,
    ) -> None:
        self._readings = readings
        self._catalog = catalog
        self._inventory = inventory
        self._slots = slots
        self._clock = clock
        self._last: dict[tuple[str, str], Evidence] = {}

    async def look(self, incident: Incident, intent: Intent) -> Evidence | None:
        """What the question needs beyond the ledger; None for none, or no such source."""
        match intent:
            case Intent.CHANGED:
                return await self._take(incident, "query_changes", self._changes(incident))
            case Intent.SEEN:
                alert = next(iter(incident.alerts.values()))
                about = " ".join([incident.title, incident.service, *alert.labels.values()])
                return await self._take(incident, "search_incidents", {"query": about[:500]})
            case _:
                return None

    def _changes(self, incident: Incident) -> dict[str, Any]:
        began = min(alert.starts_at for alert in incident.alerts.values())
        minutes = (self._clock() - began + _BEFORE).total_seconds() // 60
        services = list(
            dict.fromkeys(
                name
                for service in sorted({incident.service, *incident.services} - {""})
                for name in surroundings(service, self._inventory)
            )
        )
        return {
            "services": services[:_MOST_AROUND],
            "minutes": int(min(max(minutes, 1), _MOST_MINUTES)),
        }

    async def _take(self, incident: Incident, tool: str, params: dict[str, Any]) -> Evidence | None:
        if tool not in self._catalog:
            return None
        if not params.get("services", True):
            return Evidence(
                tool=tool,
                query=str(params),
                summary="the alert names no service to look around",
                status="failed",
            )
        key = (incident.id, tool)
        known = self._last.get(key)
        if await self._slots.turn(f"look:{incident.id}:{tool}", _APART_SECONDS) > 0 and known:
            return known
        self._last[key] = await self._readings.look(tool, params)
        while len(self._last) > _MOST_AROUND:
            del self._last[next(iter(self._last))]
        return self._last[key]
