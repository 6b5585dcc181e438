"""What the demo can play: what breaks, who decides, and how it ought to end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from bot.domain.incident import Incident
from bot.domain.plan_state import PlanStatus, StepStatus
from bot.sandbox.company import Company

Decider = Literal["person", "approve", "reject", "policy", "nobody"]


@dataclass(frozen=True, slots=True)
class Play:
    """One run of the demo."""

    name: str
    breaks: Callable[[Company], Awaitable[object]]
    decider: Decider
    over: Callable[[Incident], bool]
    """Whether nothing more is to come."""
    wrong: Callable[[Incident], str | None]
    """Why it didn't end as it should; None where it did."""
    patience: float = 120
    """Seconds it may take, a person's thinking not counted."""


def choose(
    decider: Decider, *, fix_fails: bool = False, no_runbook: bool = False, wide: bool = False
) -> Play:
    """The play for these options."""
    if wide:
        over = _reported_or_called if decider == "person" else _reported
        return Play("wide", lambda c: c.break_wide(), decider, over, _not_one_cause, patience=180)
    if no_runbook:
        return Play("no-runbook", lambda c: c.break_novel(), "nobody", _called, _not_escalated)
    if fix_fails:
        return Play(
            "fix-fails",
            lambda c: c.break_etl(fix_fails=True),
            "policy" if decider == "policy" else "approve",
            _called,
            _not_undone,
        )
    over = _called if decider == "reject" else _reported
    wrong = {"reject": _not_rejected, "person": _open_end}.get(decider, _not_resolved)
    if decider == "person":
        over = _reported_or_called
    return Play(decider, lambda c: c.break_etl(), decider, over, wrong)


def _reported(incident: Incident) -> bool:
    return incident.reported_at is not None


def _called(incident: Incident) -> bool:
    return bool(incident.calls)


def _reported_or_called(incident: Incident) -> bool:
    return _reported(incident) or _called(incident)


def _not_resolved(incident: Incident) -> str | None:
    fix = incident.fix
    if fix is None or fix.status is not PlanStatus.DONE or not fix.recovered:
        return "the fix was not run and verified"
    if incident.ticket is None:
        return "the incident has no ticket"
    return None


def _open_end(incident: Incident) -> str | None:
    """A person may decide either way: both are an end."""
    return _not_rejected(incident) if incident.calls else _not_resolved(incident)


def _not_rejected(incident: Incident) -> str | None:
    fix = incident.fix
    if fix is None or fix.status not in (PlanStatus.REJECTED, PlanStatus.VOID):
        return "the fix was not rejected"
    if any(step.started_at for step in fix.steps):
        return "something ran although the fix was rejected"
    return None


def _not_undone(incident: Incident) -> str | None:
    fix = incident.fix
    if fix is None or fix.status is not PlanStatus.FAILED:
        return "the fix did not fail"
    if fix.steps[0].status is not StepStatus.UNDONE:
        return "the first step was not undone"
    return None


def _not_escalated(incident: Incident) -> str | None:
    if incident.fixes:
        return "a plan was made although no runbook knows this"
    coverage = incident.diagnosis.coverage if incident.diagnosis else None
    if coverage is None or len(coverage.checked) < 3:
        return "fewer than three pieces of evidence were found"
    return None


def _not_one_cause(incident: Incident) -> str | None:
    if len(incident.alerts) < 3:
        return f"only {len(incident.alerts)} of the three alerts are in the incident"
    if not incident.threads:
        return "no team looked into it"
    if incident.diagnosis is None or incident.diagnosis.cause is None:
        return "no cause was found"
    return _not_resolved(incident) if incident.reported_at else None
