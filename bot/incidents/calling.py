"""Calls the next in line where nobody reacted, and notes who is on it."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain import commands as c
from bot.domain.incident import Incident
from bot.domain.ports import Directory
from bot.domain.refusals import CommandRefusedError
from bot.domain.waiting import PATIENCE, RUNGS, Waiting, waiting
from bot.domain.work import Work
from bot.incidents.service import Incidents
from bot.policy.inventory import Inventory

_MINUTES = int(PATIENCE.total_seconds() // 60)


class Calling:
    """The line: who is on call, then the approvers, then the owners of the service.

    A rung on which nobody else stands calls those below it once more: a second ring wakes, too.
    """

    def __init__(
        self, incidents: Incidents, approvers: tuple[str, ...], inventory: Inventory
    ) -> None:
        self._incidents = incidents
        self._approvers = approvers
        self._inventory = inventory

    async def call_again(self, work: Work) -> None:
        """Call the next in line, unless somebody reacted meanwhile."""

        def command(incident: Incident) -> c.CallAgain:
            waits = waiting(incident)
            rung = waits.rung if waits else 0
            line = list(self._line(incident))
            return c.CallAgain(
                at=self._incidents.clock(),
                calls=len(incident.calls),
                rung=rung,
                to=line[rung],
                then=line[rung + 1] if rung + 1 < RUNGS else (),
                reason=_reason(incident, waits) if waits else "",
            )

        await self._incidents.handle(work.incident, command)

    def _line(self, incident: Incident) -> Iterator[tuple[str, ...]]:
        """Whom each rung calls."""
        below: tuple[str, ...] = ()
        owners = self._inventory.owners_of(incident.service)
        for rung in (self._incidents.oncall, self._approvers, owners):
            below = rung or below
            yield below


class Takeover:
    """A person says that they are on it, so that nobody else is woken."""

    def __init__(self, incidents: Incidents, directory: Directory) -> None:
        self._incidents = incidents
        self._directory = directory

    async def take(self, incident_id: str, user: str) -> Incident:
        """Raises CommandRefusedError. Any full member may: it stops calls and starts nothing."""
        await self.require(user)
        take = c.TakeIncident(at=self._incidents.clock(), actor=user)
        return await self._incidents.handle(incident_id, take)

    async def require(self, user: str) -> None:
        """Raises CommandRefusedError for guests and bots."""
        if not await self._directory.eligible(user):
            raise CommandRefusedError("only full members of the workspace can take an incident")


def _reason(incident: Incident, waits: Waiting) -> str:
    if waits.plan:
        expires = waits.plan.expires_at
        until = f" (expires {expires.astimezone():%H:%M})" if expires else ""
        minutes = _MINUTES * (waits.rung + 1)
        return f"no decision for {minutes} min{until}"
    first = next(call for call in reversed(incident.calls) if call.rung == 0)
    return f"nobody reacted for {_MINUTES * waits.rung} min: {first.reason}"
