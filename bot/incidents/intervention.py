"""A person halts a plan that runs, or hands one that waits to a person."""

from __future__ import annotations

from bot.domain import commands as c
from bot.domain.incident import Incident
from bot.domain.ports import Directory
from bot.domain.refusals import CommandRefusedError
from bot.incidents.service import Incidents


class Intervention:
    """Any full member may: it only keeps things from running.

    A halt is of one plan. Unlike a stop it needs no resuming: what is proposed next is a new plan,
    which is asked for.
    """

    def __init__(self, incidents: Incidents, directory: Directory) -> None:
        self._incidents = incidents
        self._directory = directory

    async def halt(self, incident_id: str, plan_id: str, digest: str, user: str) -> Incident:
        """The step that runs ends, no other begins. Raises CommandRefusedError."""
        name = await self._member(user, "halt a plan")
        now = self._incidents.clock()
        halt = c.HaltPlan(at=now, actor=user, plan_id=plan_id, digest=digest, name=name)
        return await self._incidents.handle(incident_id, halt)

    async def hand(self, incident_id: str, plan_id: str, digest: str, user: str) -> Incident:
        """The plan is void, and whoever is on call is called. Raises CommandRefusedError."""
        name = await self._member(user, "hand a plan to a person")
        now = self._incidents.clock()
        hand = c.HandPlan(at=now, actor=user, plan_id=plan_id, digest=digest, name=name)
        return await self._incidents.handle(incident_id, hand)

    async def _member(self, user: str, what: str) -> str:
        """How they are called. Raises CommandRefusedError for guests and bots."""
        if not await self._directory.eligible(user):
            raise CommandRefusedError(f"only full members of the workspace can {what}")
        return await self._directory.name(user)
