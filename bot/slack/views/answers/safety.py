"""Is it safe: the risk as policy computed it, what is touched, what can be undone."""

from __future__ import annotations

from bot.domain.plan_state import PlanStatus
from bot.domain.values import Ask
from bot.slack.views.answers.told import Told, answered, approval_link
from bot.slack.views.plan_lines import affected, undo
from bot.slack.views.text import said

_OVER = (PlanStatus.DONE, PlanStatus.VOID, PlanStatus.REJECTED)


def safety(told: Told) -> str:
    """Says what was computed and shown; whether to press is the reader's."""
    incident = told.scene.incident
    fix = incident.fix
    if incident.stop:
        return answered(told, "Nothing runs: it is stopped until an approver resumes it.")
    if fix is None:
        return answered(told, "Nothing is proposed, so I change nothing. Looking is read-only.")
    plan = approval_link(told, fix, f"Plan {fix.digest[:4]}")
    if fix.status in _OVER:
        return answered(told, f"{plan} is {fix.status.value}: nothing more of it runs.")
    risk = fix.verdict.risk if isinstance(fix.verdict, Ask) else None
    warnings = [w for step in fix.plan.steps for w in step.dry_run.warnings]
    held = "; ".join(f"{g.title} {g.shown}".strip() for g in fix.plan.guards[:2])
    return answered(
        told,
        f"{plan}: {f'{risk} risk' if risk else 'policy names no risk'}, it touches"
        f" {affected(fix.plan)}.",
        f"Undo: {undo(fix.plan)}.",
        f"Warned: {said('; '.join(warnings), 160)}." if warnings else "",
        f"It is read again before each step: {said(held, 160)}." if held else "",
        "Nothing ran yet." if fix.status is PlanStatus.AWAITING else "",
    )
