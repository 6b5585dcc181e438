"""From an open incident to a diagnosis and a judged plan."""

from __future__ import annotations

import logging

from bot.domain import commands as c
from bot.domain.crashpoints import crashpoint
from bot.domain.ports import Draft, Investigator
from bot.domain.work import Work
from bot.incidents.planning import Planner, redraft
from bot.incidents.service import Incidents
from tools.kit.errors import ToolError

log = logging.getLogger(__name__)
MOST_PLANS = 3
"""Plans asked for in one incident; after that a person takes over."""


class Investigation:
    """Runs the investigator and puts what it wants before the gate."""

    def __init__(self, incidents: Incidents, investigator: Investigator, planner: Planner) -> None:
        self._incidents = incidents
        self._investigator = investigator
        self._planner = planner

    async def investigate(self, work: Work) -> None:
        incident = await self._incidents.ledger.load(work.incident)
        if incident.diagnosis is not None:
            return
        draft = await self._investigator.investigate(incident)
        crashpoint("P1")
        await self._incidents.handle(work.incident, await self._conclude(draft))
        crashpoint("P2")

    async def replan(self, work: Work) -> None:
        """Make the voided plan anew from what is true now, and ask again."""
        incident = await self._incidents.ledger.load(work.incident)
        old = incident.plans[work.ref]
        if incident.fix is not old or not old.wants_replan:
            return
        now = self._incidents.clock()
        number = len(incident.fixes) + 1
        reason = f"{MOST_PLANS} plans were made and none ran" if number > MOST_PLANS else ""
        if not reason:
            try:
                plan = await self._planner.plan(f"P{number}", redraft(old.plan))
            except ToolError as error:
                reason = str(error)
        if reason:
            call = c.CallPerson(at=now, reason=reason, plan_id=old.plan.id)
            await self._incidents.handle(work.incident, call)
            return
        confidence = incident.diagnosis.confidence if incident.diagnosis else "low"
        verdict = self._planner.judge(plan, confidence)
        await self._incidents.handle(
            work.incident, c.ProposePlan(at=now, plan=plan, verdict=verdict)
        )

    async def _conclude(self, draft: Draft) -> c.Conclude:
        now = self._incidents.clock()
        if draft.plan is None:
            return c.Conclude(at=now, diagnosis=draft.diagnosis)
        try:
            plan = await self._planner.plan("P1", draft.plan)
        except ToolError as error:
            log.warning("no plan: %s", error)
            diagnosis = draft.diagnosis.model_copy(
                update={
                    "not_known": (*draft.diagnosis.not_known, f"the fix is not possible: {error}")
                }
            )
            return c.Conclude(at=now, diagnosis=diagnosis)
        verdict = self._planner.judge(plan, draft.diagnosis.confidence)
        return c.Conclude(at=now, diagnosis=draft.diagnosis, plan=plan, verdict=verdict)
