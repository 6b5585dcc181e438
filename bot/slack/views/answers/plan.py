"""The plan: what is proposed, and what it waits for."""

from __future__ import annotations

from bot.domain.plan_state import PlanState, PlanStatus
from bot.slack.views.answers.told import Told, answered, approval_link, awaited
from bot.slack.views.plan_lines import what
from bot.slack.views.text import clock, said


def plan(told: Told) -> str:
    incident = told.scene.incident
    fix = incident.fix
    if incident.resolved_at:
        reached = incident.diagnosis
        still = "; ".join(f.summary for f in reached.follow_ups) if reached else ""
        return answered(
            told,
            f"None: it was resolved {clock(incident.resolved_at)}.",
            f"Still open: {said(still, 200)}." if still else "",
        )
    if fix is None:
        options = incident.diagnosis.options if incident.diagnosis else ()
        first = (
            "None yet: I am still investigating."
            if incident.diagnosis is None
            else "None of mine: no runbook step fits, so it is a person's."
        )
        return answered(
            told, first, f"Ways forward: {said('; '.join(options), 240)}." if options else ""
        )
    link = approval_link(told, fix, f"plan {fix.digest[:4]}")
    return answered(told, f"{_word(fix)} ({link}): {said(what(fix.plan), 300)}.", _waits(told, fix))


def _word(fix: PlanState) -> str:
    match fix.status:
        case PlanStatus.AWAITING:
            return "Proposed"
        case PlanStatus.READY | PlanStatus.RUNNING:
            return "Under way"
        case PlanStatus.DONE:
            return "Done"
        case PlanStatus.BLOCKED:
            return "For a person to do"
        case _:
            return f"{fix.status.value.capitalize()}, so it does not run"


def _waits(told: Told, fix: PlanState) -> str:
    waits = awaited(told, fix)
    if waits:
        return waits
    if fix.void:
        return f"Why: {said(fix.void.reason, 160)}."
    return f"Policy: {said(fix.verdict.reason, 160)}." if fix.status is PlanStatus.BLOCKED else ""
