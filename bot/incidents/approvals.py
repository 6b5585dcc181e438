"""A person's answer to an approval: who may give it, and what it is bound to."""

from __future__ import annotations

from typing import Literal

from bot.domain import commands as c
from bot.domain.crashpoints import crashpoint
from bot.domain.decide import decide
from bot.domain.incident import Incident
from bot.domain.ports import Directory
from bot.domain.refusals import CommandRefusedError
from bot.domain.values import Ask
from bot.incidents.service import Incidents


class NotAllowedError(CommandRefusedError):
    """This person may not decide here. Says who may."""

    def __init__(self, approvers: tuple[str, ...]) -> None:
        super().__init__(f"needs {' or '.join(approvers)}")
        self.approvers = approvers


class Approvals:
    """Asks Slack who a person is at the moment of the click; what a button carries is no proof."""

    def __init__(self, incidents: Incidents, directory: Directory) -> None:
        self._incidents = incidents
        self._directory = directory

    async def consider(
        self,
        incident_id: str,
        plan_id: str,
        digest: str,
        choice: Literal["approve", "reject"],
        user: str,
    ) -> None:
        """Raise what `decide` would raise now, before somebody is asked for a reason."""
        incident = await self._incidents.ledger.load(incident_id)
        await self.require(incident, plan_id, user)
        decide(incident, self._command(plan_id, digest, choice, user, ""))

    async def decide(
        self,
        incident_id: str,
        plan_id: str,
        digest: str,
        choice: Literal["approve", "reject"],
        user: str,
        reason: str = "",
    ) -> Incident:
        """Record the decision. Raises CommandRefusedError, whose kind says what to answer."""
        crashpoint("A1")
        incident = await self._incidents.ledger.load(incident_id)
        await self.require(incident, plan_id, user)
        return await self._incidents.handle(
            incident_id, self._command(plan_id, digest, choice, user, reason)
        )

    def _command(
        self,
        plan_id: str,
        digest: str,
        choice: Literal["approve", "reject"],
        user: str,
        reason: str,
    ) -> c.DecideApproval:
        return c.DecideApproval(
            at=self._incidents.clock(),
            actor=user,
            plan_id=plan_id,
            digest=digest,
            choice=choice,
            reason=reason,
        )

    async def ask_again(self, incident_id: str, plan_id: str, user: str) -> Incident:
        """Look again at a plan that was voided. Any full member may ask; nothing runs by it."""
        if not await self._directory.eligible(user):
            raise CommandRefusedError("only full members of the workspace can ask again")
        request = c.RequestReplan(at=self._incidents.clock(), actor=user, plan_id=plan_id)
        return await self._incidents.handle(incident_id, request)

    async def require(self, incident: Incident, plan_id: str, user: str) -> None:
        """Raises NotAllowedError unless `user` may decide on this plan now."""
        state = incident.plans.get(plan_id)
        if state is None:
            raise CommandRefusedError(f"{incident.id} has no plan {plan_id!r}")
        approvers = state.verdict.approvers if isinstance(state.verdict, Ask) else ()
        allowed = await self._directory.eligible(user) and any(
            [user in await self._directory.members(handle) for handle in approvers]
        )
        if not allowed:
            raise NotAllowedError(approvers)
