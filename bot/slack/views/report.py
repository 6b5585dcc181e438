"""The last word: how long, why, what helped, who decided, what stays open."""

from __future__ import annotations

from datetime import datetime

from bot.domain.incident import Incident
from bot.domain.plan_state import PlanStatus
from bot.slack.scene import Scene
from bot.slack.slots import Slot
from bot.slack.views.cost import model_cost
from bot.slack.views.execution import decided
from bot.slack.views.feedback import feedback_counts
from bot.slack.views.links import source
from bot.slack.views.text import clock, fitted, lasting, noticed, said, section
from tools.kit.types import Handle

_LONGEST = 900
_SHOWN = 3
"""Severities and notes that are told, the latest."""


def report(scene: Scene) -> Slot | None:
    """None until the books are closed."""
    incident = scene.incident
    if not incident.reported_at or not incident.resolved_at or not incident.opened_at:
        return None
    reached, fix = incident.diagnosis, incident.fix
    fixed = fix if fix and fix.status is PlanStatus.DONE else None
    took = lasting(incident.opened_at, incident.resolved_at)
    lines = [f"*{incident.id} resolved in {took}*"]
    if reached and reached.cause:
        lines.append(f"*Cause ({reached.confidence} confidence):* {said(reached.cause, 200)}")
    by = incident.resolved_by
    says = f", says {scene.people.name(by)}" if by else ""
    lines.append(f"*{'How' if by or not fixed else 'Fix'}:* {said(incident.resolution, 200)}{says}")
    if fixed:
        lines.append(f"*Decided:* {decided(scene, fixed)} · plan {fixed.digest[:4]}")
        if fixed.undo and fixed.rolled_back_at:
            by = scene.people.name(fixed.undo.actor)
            lines.append(f"*Rolled back:* {clock(fixed.rolled_back_at)} by {by}")
        if fixed.recovery:
            lines.append(f"*Verified:* {said(fixed.recovery, 160)}")
    # Before what may be cut off: here stands who has to do something.
    lines += _still_open(scene)
    if incident.impact:
        lines.append(f"*Impact:* {said(incident.impact, 120)}")
    lines += _ticket(incident)
    lines += _people(scene)
    lines.append(f"*Timeline:* {_timeline(scene)}")
    lines.append(f"*Cost:* {model_cost(scene.work) or 'no model was asked'}")
    liked = feedback_counts(scene.work)
    lines += [f"*Feedback:* {liked}"] if liked else []
    audit = f"*Audit:* {incident.version} entries, head {incident.head[:8]}"
    # Last, and never cut off: a trail that is cut off or written anew shows by it alone.
    body = fitted(lines, _LONGEST - len(audit))
    again = len(incident.reopenings)
    return Slot(
        id=f"report:{again + 1}" if again else "report",
        text=noticed(f"{incident.id} resolved in {took}: {incident.resolution}"),
        blocks=(section(f"{body}\n{audit}" if incident.head else body),),
        broadcast=incident.severity in ("sev1", "sev2"),
    )


def _timeline(scene: Scene) -> str:
    """The moments that count, in order: `02:04 alert · 02:05 diagnosed · 02:27 approved`."""
    incident, fix = scene.incident, scene.incident.fix
    alert = next(iter(incident.alerts.values()))
    moments: list[tuple[datetime | None, str]] = [
        (alert.starts_at, "alert"),
        (incident.diagnosed_at, "diagnosed"),
    ]
    if fix and fix.approvers:
        moments.append((fix.ready_at, "approved"))
    if fix:
        landed = [step.finished_at for step in fix.steps if step.landed]
        moments.append((landed[-1] if landed else None, "applied"))
    moments.append((incident.resolved_at, "resolved"))
    moments += _said(scene)
    told = sorted(((at, what) for at, what in moments if at), key=lambda moment: moment[0])
    return " · ".join(f"{clock(at)} {what}" for at, what in told)


def _said(scene: Scene) -> list[tuple[datetime | None, str]]:
    """What people said of the incident, each with its time."""
    incident, name = scene.incident, scene.people.name
    return [
        *((change.at, change.severity.upper()) for change in incident.severity_changes),
        *((taken.at, f"{name(taken.actor)} commands") for taken in incident.commands),
        *((note.at, f"note of {name(note.author or note.actor)}") for note in incident.notes),
        *((again.at, f"reopened by {name(again.actor)}") for again in incident.reopenings),
    ]


def _people(scene: Scene) -> list[str]:
    """Who set what, who commanded, what was noted; by plain names."""
    incident, name = scene.incident, scene.people.name
    lines = []
    if incident.severity_changes:
        first = incident.severity_changes[0].before.upper()
        then = [
            f"{change.severity.upper()} ({name(change.actor)}: {said(change.reason, 80)})"
            for change in incident.severity_changes[-_SHOWN:]
        ]
        lines.append(f"*Severity:* {' → '.join([first, *then])}")
    if incident.commands:
        who = dict.fromkeys(name(taken.actor) for taken in incident.commands)
        lines.append(f"*Commander:* {', then '.join(who)}")
    for note in incident.notes[-_SHOWN:]:
        author = name(note.author or note.actor)
        text = source(said(note.text, 100), note.url)
        lines.append(f"*Note* {clock(note.at)} {author}: {text}")
    return lines


def _ticket(incident: Incident) -> list[str]:
    ticket = incident.ticket
    if ticket is None:
        return []
    closing = incident.plans.get("books-close")
    if closing is None or not closing.steps[0].landed:
        return [f"*Ticket:* {_key(ticket)} not updated"]
    state = "closed"
    if incident.reopenings and closing.proposed_at < incident.reopenings[-1].at:
        state = "was closed before it was reopened: what came after is not in it"
    return [f"*Ticket:* {_key(ticket)} {state}"]


def _still_open(scene: Scene) -> list[str]:
    incident = scene.incident
    follow_ups = incident.diagnosis.follow_ups if incident.diagnosis else ()
    closing = incident.plans.get("books-close")
    opened = {
        step.params.get("summary"): done.handle
        for step, done in (zip(closing.plan.steps, closing.steps, strict=True) if closing else ())
        if done.handle
    }
    lines = ["*Still open:*"] if follow_ups else []
    for follow_up in follow_ups:
        ticket = opened.get(follow_up.summary)
        key = f"{_key(ticket)} " if ticket else ""
        owners = scene.people.all_mentions(follow_up.owners) if follow_up.owners else "no owner"
        lines.append(f"• {key}{said(follow_up.summary, 120)} · {owners}")
    return lines


def _key(ticket: Handle) -> str:
    return source(said(ticket.ref, 40), ticket.url)
