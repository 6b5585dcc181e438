"""Who follows what, and what of an incident they are told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from bot.domain import events as e
from bot.domain.incident import Incident
from bot.domain.plan_state import PlanStatus
from bot.domain.values import Severity
from tools.kit.types import Frozen

UPDATES: dict[Severity, timedelta] = {
    "sev1": timedelta(minutes=30),
    "sev2": timedelta(minutes=60),
}
"""How often followers hear of an open incident though no milestone was passed."""
Pace = Literal["milestones", "all"]


class Subscription(Frozen):
    """One person follows an incident or a service, and where they are told."""

    user: str
    target: str
    """An incident's id, or a service as the inventory names it."""
    place: str
    """A user id for direct messages, or a channel's id."""
    pace: Pace = "milestones"
    since: datetime
    """What happened before is not told."""

    def covers(self, incident: Incident) -> bool:
        """Whether this incident is followed by it."""
        alerted = {alert.service for alert in incident.alerts.values()}
        return self.target in {incident.id, incident.service, *alerted} - {""}


class Notice(Frozen):
    """One thing that followers are told of an incident."""

    incident: str
    key: str
    """The same for the same thing, within the incident."""
    at: datetime
    title: str
    """The incident's."""
    text: str
    """One line, plain."""
    milestone: bool = True
    severity: Severity
    """The incident's, now."""
    concerns: frozenset[str] = frozenset()
    """User ids of its commander and of those who decided there: quiet hours don't hold it back
    from them."""


def notices(
    incident: Incident, decisions: Sequence[e.IncidentEvent], now: datetime
) -> tuple[Notice, ...]:
    """All there is to tell of it by `now`, oldest first. The same events give the same notices."""
    told = [_of(event, incident) for event in decisions]
    found = [
        (f"{event.type}:{number}", event.at, *words)
        for number, (event, words) in enumerate(zip(decisions, told, strict=True))
        if words is not None
    ]
    found += _updates(incident, now)
    concerned = {decision.by for fix in incident.fixes for decision in fix.decisions}
    concerned |= {incident.commander} if incident.commander else set()
    return tuple(
        Notice(
            incident=incident.id,
            key=key,
            at=at,
            title=incident.title,
            text=text,
            milestone=milestone,
            severity=incident.severity,
            concerns=frozenset(concerned),
        )
        for key, at, text, milestone in sorted(found, key=lambda notice: notice[1])
    )


def _of(event: e.IncidentEvent, incident: Incident) -> tuple[str, bool] | None:
    """What it is in words, and whether it is a milestone; None for what followers don't need."""
    match event:
        case e.IncidentOpened(title=title, severity=severity):
            return f"opened, {severity.upper()}: {title}", True
        case e.SeverityChanged(severity=severity, before=before, reason=reason):
            return f"{before.upper()} → {severity.upper()}: {reason}", True
        case e.ApprovalDecided(choice="approve", plan_id=plan_id):
            plan = incident.plans.get(plan_id)
            known = plan is not None and plan.plan.purpose == "fix"
            return ("a fix was approved", True) if known else None
        case e.IncidentResolved(summary=summary):
            return f"resolved: {summary}", True
        case e.IncidentReopened(reason=reason):
            return f"reopened: {reason}", True
        case e.DiagnosisReached(diagnosis=diagnosis):
            cause = diagnosis.cause
            return (f"cause: {cause}" if cause else "the cause is not known yet"), False
        case e.ApprovalRequested(plan_id=plan_id) if _fixes(incident, plan_id):
            return "a fix waits for approval", False
        case e.PlanVoided(plan_id=plan_id, reason=reason) if _fixes(incident, plan_id):
            return f"a fix will not run: {reason}", False
        case e.ActionFinished(plan_id=plan_id, summary=summary) if _fixes(incident, plan_id):
            return summary, False
        case e.PersonCalled(reason=reason):
            return f"a person was called: {reason}", False
        case e.CommandTaken():
            return "somebody took command", False
        case _:
            return None


def _fixes(incident: Incident, plan_id: str) -> bool:
    state = incident.plans.get(plan_id)
    return state is not None and state.plan.purpose == "fix"


def _updates(incident: Incident, now: datetime) -> list[tuple[str, datetime, str, bool]]:
    """One for each full period that it was open at this severity."""
    every = UPDATES.get(incident.severity)
    opened = incident.opened_at
    if every is None or opened is None:
        return []
    begun = max([opened, *(change.at for change in incident.severity_changes)])
    passed = int(((incident.resolved_at or now) - begun) / every)
    if passed < 1:
        return []
    # One that was missed is not told late: only the last says what is true.
    at = begun + passed * every
    return [(f"update:{at:%Y%m%d%H%M%S}", at, _standing(incident), True)]


def _standing(incident: Incident) -> str:
    """Where it stands, in a few words."""
    fix = incident.fix
    if fix and fix.status is PlanStatus.AWAITING:
        return "still open, a fix waits for approval"
    if fix and fix.status in (PlanStatus.READY, PlanStatus.RUNNING):
        return "still open, a fix is under way"
    if incident.diagnosis is None:
        return "still open, being investigated"
    return f"still open, cause: {incident.diagnosis.cause or 'not known'}"
