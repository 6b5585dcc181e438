"""What people say of the incident itself: how bad, who commands, over or not. Part of `decide`."""

from __future__ import annotations

from typing import Any

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.incident import Incident
from bot.domain.plan_state import PlanStatus, StepStatus
from bot.domain.refusals import CommandHeldError, CommandRefusedError

MOST_NOTES = 200
"""Each is read again with every look at the incident."""


def severity_changed(incident: Incident, command: c.ChangeSeverity) -> list[e.IncidentEvent]:
    """Nothing where it is that severe already. Refused without a reason."""
    _require_open(incident)
    if not command.reason.strip():
        raise CommandRefusedError("say why the severity changes, in a few words")
    if command.severity == incident.severity:
        return []
    return [
        e.SeverityChanged(
            at=command.at,
            actor=command.actor,
            severity=command.severity,
            before=incident.severity,
            reason=command.reason,
        )
    ]


def handover_offered(incident: Incident, command: c.OfferHandover) -> list[e.IncidentEvent]:
    """Asks the next commander; offered again to the same person it changes nothing."""
    _require_open(incident)
    if command.to == incident.commander:
        raise CommandRefusedError(f"whoever you ask commands {incident.id} already")
    if command.to == incident.offered_to:
        return []
    return [e.HandoverOffered(at=command.at, actor=command.actor, to=command.to)]


def command_taken(incident: Incident, command: c.TakeCommand) -> list[e.IncidentEvent]:
    """By whoever was asked to, or by anybody where nobody commands."""
    _require_open(incident)
    if command.actor == incident.commander:
        return []
    if incident.commander and command.actor != incident.offered_to:
        raise CommandHeldError(incident.id, incident.commander)
    return [e.CommandTaken(at=command.at, actor=command.actor)]


def noted(incident: Incident, command: c.AddNote) -> list[e.IncidentEvent]:
    """A resolved incident takes notes as well: its story is often told later."""
    if not command.text.strip():
        raise CommandRefusedError("there is nothing to note")
    if len(incident.notes) >= MOST_NOTES:
        raise CommandRefusedError(f"{incident.id} has {MOST_NOTES} notes; no more are taken")
    known = any(command.url and note.url == command.url for note in incident.notes)
    if known:
        return []
    note = e.NoteAdded(
        at=command.at,
        actor=command.actor,
        text=command.text,
        author=command.author,
        url=command.url,
    )
    return [note]


def resolved(incident: Incident, command: c.Resolve) -> list[e.IncidentEvent]:
    """What waits is void first. Refused while something of ours is under way; what ended in doubt
    is a person's to close."""
    if incident.resolved_at:
        return []
    for fix in incident.fixes:
        doing = {StepStatus.STARTED, StepStatus.UNDOING}
        if fix.live or any(step.status in doing for step in fix.steps):
            raise CommandRefusedError(
                f"plan {fix.digest[:4]} is under way: wait for its end, or stop it first"
            )
    waits = (PlanStatus.AWAITING, PlanStatus.READY)
    void = [
        e.PlanVoided(
            at=command.at,
            actor=command.actor,
            plan_id=fix.plan.id,
            cause="resolved",
            reason="the incident was resolved by hand",
        )
        for fix in incident.fixes
        if fix.status in waits
    ]
    ended = e.IncidentResolved(at=command.at, actor=command.actor, summary=command.summary)
    return [*void, ended]


def reopened(incident: Incident, command: c.Reopen) -> list[e.IncidentEvent]:
    """Whoever reopens it is on it. A stop that its end lifted stands again: it is for others to
    lift than for whoever may resolve and reopen."""
    if not incident.resolved_at:
        return []
    if not command.reason.strip():
        raise CommandRefusedError("say why it is not over, in a few words")
    again = e.IncidentReopened(at=command.at, actor=command.actor, reason=command.reason)
    stop = incident.stopped_at_end
    if stop is None:
        return [again]
    by: dict[str, Any] = {"at": command.at, "actor": command.actor}
    return [again, e.IncidentStopped(**by, name=stop.name, reason=stop.reason)]


def _require_open(incident: Incident) -> None:
    if incident.resolved_at:
        raise CommandRefusedError(f"{incident.id} is resolved; reopen it first")
