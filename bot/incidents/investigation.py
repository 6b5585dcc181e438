"""From an open incident to a diagnosis and a judged plan."""

from __future__ import annotations

import logging
from datetime import timedelta

from bot.domain import commands as c
from bot.domain.crashpoints import crashpoint
from bot.domain.incident import Incident
from bot.domain.ports import Draft, Investigator, Team, Writer
from bot.domain.work import Work
from bot.incidents.planning import Planner, redraft
from bot.incidents.service import Incidents
from tools.kit.errors import ToolError

log = logging.getLogger(__name__)
MOST_PLANS = 3
"""Plans asked for in one incident; after that a person takes over."""
THREAD_LIMIT = timedelta(minutes=3)
"""How long the agents of a wide incident have; who is late leaves a gap that is named."""
_ROUNDS = 5
"""How often an incident that grows meanwhile is looked into anew, in one job."""
_SUMMARY = 600


class Investigation:
    """Runs the investigators and puts what they want before the gate."""

    def __init__(
        self,
        incidents: Incidents,
        investigator: Investigator,
        team: Team,
        writer: Writer,
        planner: Planner,
    ) -> None:
        self._incidents = incidents
        self._investigator = investigator
        self._team = team
        self._writer = writer
        self._planner = planner

    async def investigate(self, work: Work) -> None:
        """Look into it, or give its parts to a team and end: nobody waits inside a job."""
        for _ in range(_ROUNDS):
            incident = await self._incidents.ledger.load(work.incident)
            if incident.diagnosis is not None or incident.threads:
                return
            # After a hint one agent looks, with all of it: the parts had their say.
            threads = () if incident.looks_again else self._team.assign(incident)
            if threads:
                now = self._incidents.clock()
                assign = c.AssignThreads(at=now, threads=threads, deadline=now + THREAD_LIMIT)
                await self._incidents.handle(work.incident, assign)
                return
            await self._conclude(incident, await self._investigator.investigate(incident))

    async def diagnose(self, work: Work) -> None:
        """One part of a wide incident. An agent that fails leaves a gap, not a silence."""
        incident = await self._incidents.ledger.load(work.incident)
        thread = incident.threads[work.ref].thread
        try:
            draft = await self._team.diagnose(incident, thread)
        except Exception as error:
            log.exception("%s: the agent of %s failed", incident.id, thread.id)
            finish = self._finish(thread.id, f"could not look: {type(error).__name__}", failed=True)
        else:
            found = draft.diagnosis.cause or "; ".join(draft.diagnosis.not_known) or "nothing found"
            finish = self._finish(thread.id, found[:_SUMMARY], draft=draft)
        await self._incidents.handle(work.incident, finish)

    async def combine(self, work: Work) -> None:
        """Make one diagnosis and one plan of what the agents found until now."""
        incident = await self._incidents.ledger.load(work.incident)
        if incident.diagnosis is None:
            await self._conclude(incident, await self._team.combine(incident))

    async def draft_words(self, work: Work) -> None:
        """Texts for stakeholders and customers: drafted, and handed to people."""
        incident = await self._incidents.ledger.load(work.incident)
        words = await self._writer.draft(incident)
        draft = c.DraftWords(at=self._incidents.clock(), words=words)
        await self._incidents.handle(work.incident, draft)

    async def hand_over(self, work: Work) -> None:
        """Call a person: there is a diagnosis, and nothing that opsbot may propose."""
        incident = await self._incidents.ledger.load(work.incident)
        cause = incident.diagnosis.cause if incident.diagnosis else None
        reason = f"no runbook step fits; likely {cause}" if cause else "the cause is not known"
        call = c.CallPerson(at=self._incidents.clock(), reason=reason)
        await self._incidents.handle(work.incident, call)

    async def replan(self, work: Work) -> None:
        """Make the plan anew from what is true now, without what of it is done, and ask again."""
        incident = await self._incidents.ledger.load(work.incident)
        old = incident.plans[work.ref]
        if incident.fix is not old or not old.wants_replan:
            return
        now = self._incidents.clock()
        number = len(incident.fixes) + 1
        reason = f"{MOST_PLANS} plans were made and none helped" if number > MOST_PLANS else ""
        if not reason:
            try:
                draft = redraft(old.plan, keep=old.remaining)
                plan = await self._planner.plan(f"P{number}", draft)
            except ToolError as error:
                reason = str(error)
        if reason:
            call = c.CallPerson(at=now, reason=reason, plan_id=old.plan.id)
            await self._incidents.handle(work.incident, call)
            return
        confidence = incident.diagnosis.confidence if incident.diagnosis else "low"
        verdict = await self._planner.judge(incident, plan, confidence)
        await self._incidents.handle(
            work.incident, c.ProposePlan(at=now, plan=plan, verdict=verdict)
        )

    def _finish(
        self, thread: str, summary: str, *, failed: bool = False, draft: Draft | None = None
    ) -> c.FinishThread:
        return c.FinishThread(
            at=self._incidents.clock(),
            thread=thread,
            summary=summary,
            failed=failed,
            diagnosis=draft.diagnosis if draft else None,
            plan=draft.plan if draft else None,
        )

    async def _conclude(self, incident: Incident, draft: Draft) -> None:
        command = await self._judged(incident, draft)
        command = command.model_copy(update={"services": incident.services})
        await self._incidents.handle(incident.id, command)
        crashpoint("P2")

    async def _judged(self, incident: Incident, draft: Draft) -> c.Conclude:
        now = self._incidents.clock()
        if draft.plan is None:
            return c.Conclude(at=now, diagnosis=draft.diagnosis)
        number = len(incident.fixes) + 1
        if number > MOST_PLANS:
            enough = f"whether another plan helps: {MOST_PLANS} were made and none ran"
            known = draft.diagnosis.not_known
            diagnosis = draft.diagnosis.model_copy(update={"not_known": (*known, enough)})
            return c.Conclude(at=now, diagnosis=diagnosis)
        try:
            plan = await self._planner.plan(f"P{number}", draft.plan)
        except ToolError as error:
            log.warning("no plan: %s", error)
            impossible = f"the fix is not possible: {error}"
            diagnosis = draft.diagnosis.model_copy(
                update={"not_known": (*draft.diagnosis.not_known, impossible)}
            )
            return c.Conclude(at=now, diagnosis=diagnosis)
        verdict = await self._planner.judge(incident, plan, draft.diagnosis.confidence)
        return c.Conclude(at=now, diagnosis=draft.diagnosis, plan=plan, verdict=verdict)
