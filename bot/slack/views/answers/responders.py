"""Who is on it, and who approved what."""

from __future__ import annotations

from bot.domain.plan_state import PlanState, PlanStatus
from bot.domain.values import Allow, Decision
from bot.slack.views.answers.told import Told, answered, approval_link, awaited
from bot.slack.views.text import clock, said


def responders(told: Told) -> str:
    """Plain names: somebody asked, and nobody is to be woken by that."""
    incident, people = told.scene.incident, told.scene.people
    call = incident.calls[-1] if incident.calls else None
    if incident.taken_by:
        first = f"{people.name(incident.taken_by)} is on it."
    elif incident.resolved_at:
        first = f"Nobody any more: it was resolved {clock(incident.resolved_at)}."
    else:
        first = "Nobody has said that they are on it."
    called = ", ".join(people.name(name) for name in call.to) if call else ""
    return answered(
        told,
        first,
        f"{called or 'Nobody'} was called {clock(call.at)}: {said(call.reason, 160)}."
        if call
        else "Nobody was called yet.",
        awaited(told, incident.fix) if incident.fix else "",
    )


def approvals(told: Told) -> str:
    """Of the latest fix; of an older one that was decided where the latest is not."""
    fixes = told.scene.incident.fixes
    if not fixes:
        return answered(told, "Nobody: nothing was proposed, so nothing could be approved.")
    fix = fixes[-1]
    decided = next((f for f in reversed(fixes) if f.decisions), None)
    lines = [_decided(told, fix)]
    if decided and decided is not fix:
        lines.append(_decided(told, decided))
    return answered(told, *lines, awaited(told, fix))


def _decided(told: Told, fix: PlanState) -> str:
    plan = approval_link(told, fix, f"plan {fix.digest[:4]}")
    if fix.decisions:
        return f"{'; '.join(_decision(told, d) for d in fix.decisions)}: {plan}."
    if isinstance(fix.verdict, Allow):
        return f"No person: policy rule {said(fix.verdict.rule, 60)} lets {plan} run by itself."
    if fix.status is PlanStatus.AWAITING:
        return f"Nobody yet: {plan} has not run."
    if fix.void:
        return f"Nobody: {plan} is void, {said(fix.void.reason, 160)}."
    return f"Nobody: policy rule {said(fix.verdict.rule, 60)} gives {plan} to a person to do."


def _decision(told: Told, decision: Decision) -> str:
    verb = "approved" if decision.choice == "approve" else "rejected"
    why = f" ({said(decision.reason, 120)})" if decision.reason else ""
    return f"{told.scene.people.name(decision.by)} {verb} {clock(decision.at)}{why}"
