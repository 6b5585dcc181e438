"""Keeps the incident's own tickets: one when it opens; its end and what follows when it closes."""

from __future__ import annotations

from typing import Literal

from bot.domain import commands as c
from bot.domain.incident import Incident
from bot.domain.values import Intended, PlanDraft
from bot.domain.work import Work
from bot.incidents.actions import PATIENCE, RETRY
from bot.incidents.planning import Planner
from bot.incidents.service import Incidents
from tools.kit.catalog import Catalog
from tools.kit.errors import ToolError, Unavailable


class Books:
    """Proposes the bookkeeping; policy judges it and the executor runs it, as with any plan.

    Its texts come out of alerts and diagnoses: tainted, which policy lets pass for the books alone.
    """

    def __init__(self, incidents: Incidents, catalog: Catalog, planner: Planner) -> None:
        self._incidents = incidents
        self._catalog = catalog
        self._planner = planner

    async def keep(self, work: Work) -> None:
        incident = await self._incidents.ledger.load(work.incident)
        milestone: Literal["open", "close"] = "open" if work.ref == "open" else "close"
        steps = _opening(incident) if milestone == "open" else _closing(incident)
        missing = {s.tool for s in steps if s.tool not in self._catalog}
        if not steps or missing:
            why = "no ticket system is configured" if missing else "nothing to write down"
            await self._skip(work, milestone, why)
            return
        try:
            plan = await self._planner.plan(
                f"books-{milestone}", PlanDraft(steps=tuple(steps), requester="opsbot")
            )
        except Unavailable as error:
            if self._incidents.clock() - work.due > PATIENCE:
                await self._skip(work, milestone, str(error))
            else:
                await self._incidents.ledger.defer(work, self._incidents.clock() + RETRY)
            return
        except ToolError as error:
            await self._skip(work, milestone, str(error))
            return
        verdict = await self._planner.judge(incident, plan, "high")
        await self._incidents.handle(
            work.incident,
            c.ProposePlan(at=self._incidents.clock(), plan=plan, verdict=verdict),
        )

    async def _skip(self, work: Work, milestone: Literal["open", "close"], why: str) -> None:
        now = self._incidents.clock()
        await self._incidents.handle(
            work.incident, c.SkipBooks(at=now, milestone=milestone, reason=why)
        )


def _opening(incident: Incident) -> list[Intended]:
    alert = next(iter(incident.alerts.values()))
    lines = [
        f"Incident {incident.id}, {incident.severity.upper()}, service {incident.service or '?'}.",
        *(f"{name}: {text}" for name, text in sorted(alert.annotations.items())),
        *(f"{name} = {value}" for name, value in sorted(alert.labels.items())),
    ]
    params = {
        "summary": f"[{incident.id}] {incident.title}"[:250],
        "description": "\n".join(lines),
    }
    return [Intended(tool="create_ticket", params=params, tainted=True)]


def _closing(incident: Incident) -> list[Intended]:
    steps: list[Intended] = []
    if incident.ticket:
        params = {
            "key": incident.ticket.ref,
            "comment": f"Resolved: {incident.resolution}",
            "status": "done",
        }
        steps.append(Intended(tool="update_ticket", params=params, tainted=True))
    for follow_up in incident.diagnosis.follow_ups if incident.diagnosis else ():
        params = {
            "summary": follow_up.summary,
            "description": follow_up.description or f"Left open by {incident.id}.",
        }
        if follow_up.project:
            params["project"] = follow_up.project
        steps.append(Intended(tool="create_ticket", params=params, tainted=True))
    return steps
