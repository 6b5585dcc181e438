"""A person's answer to an approval: who may give it, and what it is bound to."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from bot.domain import commands as c
from bot.domain.consent import plan_of
from bot.domain.crashpoints import crashpoint
from bot.domain.decide import decide
from bot.domain.events import WorkEvent
from bot.domain.incident import Incident
from bot.domain.plan_state import PlanState
from bot.domain.ports import Directory, RotaUnreadableError
from bot.domain.refusals import CommandRefusedError
from bot.domain.values import COMMANDER, Ask, answerable
from bot.incidents.service import Incidents


class NotAllowedError(CommandRefusedError):
    """This person may not do that here. Says who may."""

    def __init__(
        self,
        approvers: tuple[str, ...],
        unreadable: tuple[str, ...] = (),
        *,
        act: str = "approve",
        commander: str | None = None,
        asked_at: datetime | None = None,
    ) -> None:
        """`unreadable`: why it can't be told who is behind some of them; `act`: what they may not;
        `commander`: who leads the incident; `asked_at`: when those who may were asked."""
        super().__init__("; ".join([f"needs {' or '.join(approvers)}", *unreadable]))
        self.approvers = approvers
        self.unreadable = unreadable
        self.act = act
        self.commander = commander
        self.asked_at = asked_at


class Approvals:
    """Asks Slack who a person is at the moment of the click; what a button carries is no proof."""

    def __init__(self, incidents: Incidents, directory: Directory) -> None:
        self._incidents = incidents
        self._directory = directory

    async def shown(
        self, incident_id: str, plan_id: str
    ) -> tuple[Incident, PlanState, tuple[WorkEvent, ...]]:
        """A plan and what was found before it, for whoever sees its message."""
        incident = await self._incidents.ledger.load(incident_id)
        state = plan_of(incident, plan_id)
        return incident, state, tuple(await self._incidents.ledger.work(incident_id))

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
        via = await self.require(incident, plan_id, user)
        decide(incident, self._command(plan_id, digest, choice, user, "", via))

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
        via = await self.require(incident, plan_id, user)
        return await self._incidents.handle(
            incident_id, self._command(plan_id, digest, choice, user, reason, via)
        )

    def _command(
        self,
        plan_id: str,
        digest: str,
        choice: Literal["approve", "reject"],
        user: str,
        reason: str,
        via: tuple[str, ...],
    ) -> c.DecideApproval:
        return c.DecideApproval(
            at=self._incidents.clock(),
            actor=user,
            plan_id=plan_id,
            digest=digest,
            choice=choice,
            reason=reason,
            via=via,
        )

    async def ask_again(self, incident_id: str, plan_id: str, user: str) -> Incident:
        """Look again at a plan that was voided. Any full member may ask; nothing runs by it."""
        if not await self._directory.eligible(user):
            raise CommandRefusedError("only full members of the workspace can ask again")
        request = c.RequestReplan(at=self._incidents.clock(), actor=user, plan_id=plan_id)
        return await self._incidents.handle(incident_id, request)

    async def require(
        self, incident: Incident, plan_id: str, user: str, act: str = "approve"
    ) -> tuple[str, ...]:
        """Those of the plan's approvers that `user` is behind now; NotAllowedError for none."""
        state = plan_of(incident, plan_id)
        verdict = state.verdict
        return await require_one_of(
            self._directory,
            answerable(verdict),
            user,
            act=act,
            commander=incident.commander,
            asked_at=state.proposed_at if isinstance(verdict, Ask) else None,
        )


async def require_one_of(
    directory: Directory,
    approvers: tuple[str, ...],
    user: str,
    *,
    act: str = "approve",
    commander: str | None = None,
    asked_at: datetime | None = None,
) -> tuple[str, ...]:
    """Those of the approvers that `user` is behind now; NotAllowedError for none.

    `commander`: who leads the incident they are to act in; behind the word is nobody else.

    A rota that can't be read takes nothing from those named besides.
    """
    via: list[str] = []
    unreadable: list[str] = []
    if await directory.eligible(user):
        for handle in approvers:
            try:
                if handle == COMMANDER:
                    found = frozenset({commander})
                else:
                    found = await directory.members(handle)
                if user in found:
                    via.append(handle)
            except RotaUnreadableError as error:
                unreadable.append(str(error))
    if not via:
        raise NotAllowedError(
            approvers, tuple(unreadable), act=act, commander=commander, asked_at=asked_at
        )
    return tuple(via)
