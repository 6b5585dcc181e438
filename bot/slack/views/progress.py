"""What happens after the decision: execution, monitor, escalation, report."""

from __future__ import annotations

from bot.domain.incident import Incident
from bot.domain.plan_state import PlanState, PlanStatus, StepStatus
from bot.slack.scene import Scene
from bot.slack.slots import Slot
from bot.slack.views.text import NOTICE_LIMIT, clock, cut, lasting, safe, section

_MARKS = {
    StepStatus.PENDING: "·",
    StepStatus.STARTED: "⏳",
    StepStatus.SUCCEEDED: "⏳",
    StepStatus.VERIFIED: "✓",
    StepStatus.FAILED: "✗",
    StepStatus.UNKNOWN: "?",
    StepStatus.UNDOING: "↩",
    StepStatus.UNDONE: "↩",
    StepStatus.STUCK: "✗",
}


def execution(scene: Scene, state: PlanState) -> Slot | None:
    """One line for each step, from the moment the first one starts."""
    if state.plan.purpose != "fix" or all(s.started_at is None for s in state.steps):
        return None
    lines = [f"*Fix of {scene.incident.id}* · {_decided(scene, state)}"]
    for number, (step, done) in enumerate(zip(state.plan.steps, state.steps, strict=True), 1):
        said = cut(safe(done.summary or step.dry_run.summary), 140)
        if done.status is StepStatus.UNDONE and done.failure:
            said = f"{cut(safe(done.failure), 90)}; {said}"
        lines.append(f"{_MARKS[done.status]} {number} {said}")
    return Slot(
        id=f"execution:{state.plan.id}",
        text=safe(cut(f"{scene.incident.id} fix is {state.status}", NOTICE_LIMIT)),
        blocks=(section("\n".join(lines)),),
        state=",".join(step.status for step in state.steps),
    )


def monitor(scene: Scene, state: PlanState) -> Slot | None:
    """What the monitor sees, from the first effect to the end."""
    noted = scene.progress(state.plan.id)
    landed = [s for s in state.steps if s.landed]
    if state.plan.purpose != "fix" or not landed or not (noted or state.recovery):
        return None
    since = landed[0].finished_at or state.touched_at
    watching = state.status is PlanStatus.RUNNING
    if watching:
        head = f"*Watching since {clock(since)}:* {safe(cut(noted[-1].summary, 240))}"
    elif state.status is PlanStatus.DONE:
        head = f"*Recovered {clock(state.touched_at)}:* {safe(cut(state.recovery, 240))}"
    else:
        last = state.recovery or (noted[-1].summary if noted else "")
        head = f"*Not recovered:* {safe(cut(last, 240))}"
    return Slot(
        id=f"monitor:{state.plan.id}",
        text=safe(cut(f"{scene.incident.id}: {state.recovery or 'watching'}", NOTICE_LIMIT)),
        blocks=(section(f"{head} · look {len(noted) + (not watching)}"),),
        state=str(state.status),
    )


def escalations(scene: Scene) -> list[Slot]:
    """A new message for each call, so that it rings."""
    slots = []
    for number, call in enumerate(scene.incident.calls, start=1):
        who = scene.people.all_mentions(call.to)
        said = f"{who} {scene.incident.id} needs you: {safe(cut(call.reason, 150))}"
        slots.append(
            Slot(
                id=f"escalation:{number}",
                text=cut(safe(f"{scene.incident.id} needs a person: {call.reason}"), NOTICE_LIMIT),
                blocks=(section(said),),
            )
        )
    return slots


def report(scene: Scene) -> Slot | None:
    """The last word: how long, why, what helped, who decided, what stays open."""
    incident = scene.incident
    if not incident.reported_at or not incident.resolved_at or not incident.opened_at:
        return None
    fix, reached = incident.fix, incident.diagnosis
    took = lasting(incident.opened_at, incident.resolved_at)
    lines = [f"*{incident.id} resolved in {took}*"]
    if reached and reached.cause:
        lines.append(f"*Cause:* {safe(cut(reached.cause, 240))} ({reached.confidence} confidence)")
    lines.append(f"*Fix:* {safe(cut(incident.resolution, 240))}")
    if fix and fix.status is PlanStatus.DONE:
        lines.append(f"*Decided:* {_decided(scene, fix)} · plan {fix.digest[:4]}")
        if fix.recovery:
            lines.append(f"*Verified:* {safe(cut(fix.recovery, 240))}")
    lines += _tickets(incident)
    still_open = _still_open(scene)
    if still_open:
        lines.append("*Still open:*")
        lines += still_open
    return Slot(
        id="report",
        text=safe(cut(f"{incident.id} resolved in {took}: {incident.resolution}", NOTICE_LIMIT)),
        blocks=(section("\n".join(lines)),),
    )


def _decided(scene: Scene, state: PlanState) -> str:
    if state.approvers:
        return f"approved by {', '.join(scene.people.name(u) for u in state.approvers)}"
    return f"allowed by rule {safe(state.verdict.rule)}"


def _tickets(incident: Incident) -> list[str]:
    ticket = incident.ticket
    if ticket is None:
        return []
    name = f"<{ticket.url}|{ticket.ref}>" if ticket.url else safe(ticket.ref)
    closing = incident.plans.get("books-close")
    closed = closing is not None and closing.steps[0].landed
    return [f"*Ticket:* {name} {'closed' if closed else 'not updated'}"]


def _still_open(scene: Scene) -> list[str]:
    incident = scene.incident
    if incident.diagnosis is None:
        return []
    closing = incident.plans.get("books-close")
    opened = {
        step.params.get("summary"): done.handle
        for step, done in (
            zip(closing.plan.steps, closing.steps, strict=True) if closing else ()
        )
        if done.handle
    }
    lines = []
    for follow_up in incident.diagnosis.follow_ups:
        ticket = opened.get(follow_up.summary)
        key = f"<{ticket.url}|{ticket.ref}> " if ticket and ticket.url else ""
        owners = scene.people.all_mentions(follow_up.owners) if follow_up.owners else "no owner"
        lines.append(f"• {key}{safe(cut(follow_up.summary, 140))} · {owners}")
    return lines
