"""The last word: how long, why, what helped, who decided, what stays open."""

from __future__ import annotations

from bot.domain.incident import Incident
from bot.domain.plan_state import PlanStatus
from bot.slack.scene import Scene
from bot.slack.slots import Slot
from bot.slack.views.cost import model_cost
from bot.slack.views.execution import decided
from bot.slack.views.links import source
from bot.slack.views.text import NOTICE_LIMIT, clock, fitted, lasting, said, section
from tools.kit.types import Handle

_LONGEST = 900


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
    lines.append(f"*{'Fix' if fixed else 'How'}:* {said(incident.resolution, 200)}")
    if fixed:
        lines.append(f"*Decided:* {decided(scene, fixed)} · plan {fixed.digest[:4]}")
        if fixed.undo and fixed.rolled_back_at:
            by = scene.people.name(fixed.undo.actor)
            lines.append(f"*Rolled back:* {clock(fixed.rolled_back_at)} by {by}")
        if fixed.recovery:
            lines.append(f"*Verified:* {said(fixed.recovery, 160)}")
    if incident.impact:
        lines.append(f"*Impact:* {said(incident.impact, 120)}")
    lines += _ticket(incident)
    lines += _still_open(scene)
    lines.append(f"*Timeline:* {_timeline(scene)}")
    lines.append(f"*Cost:* {model_cost(scene.work) or 'no model was asked'}")
    audit = f"*Audit:* {incident.version} entries, head {incident.head[:8]}"
    # Last, and never cut off: a trail that is cut off or written anew shows by it alone.
    body = fitted(lines, _LONGEST - len(audit))
    return Slot(
        id="report",
        text=said(f"{incident.id} resolved in {took}: {incident.resolution}", NOTICE_LIMIT),
        blocks=(section(f"{body}\n{audit}" if incident.head else body),),
    )


def _timeline(scene: Scene) -> str:
    """The moments that count, in order: `02:04 alert · 02:05 diagnosed · 02:27 approved`."""
    incident, fix = scene.incident, scene.incident.fix
    alert = next(iter(incident.alerts.values()))
    moments = [(alert.starts_at, "alert"), (incident.diagnosed_at, "diagnosed")]
    if fix and fix.approvers:
        moments.append((fix.ready_at, "approved"))
    if fix:
        landed = [step.finished_at for step in fix.steps if step.landed]
        moments.append((landed[-1] if landed else None, "applied"))
    moments.append((incident.resolved_at, "resolved"))
    return " · ".join(f"{clock(at)} {what}" for at, what in moments if at)


def _ticket(incident: Incident) -> list[str]:
    ticket = incident.ticket
    if ticket is None:
        return []
    closing = incident.plans.get("books-close")
    closed = closing is not None and closing.steps[0].landed
    return [f"*Ticket:* {_key(ticket)} {'closed' if closed else 'not updated'}"]


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
