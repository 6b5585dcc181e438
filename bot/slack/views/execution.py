"""The fix as it runs, one line for each step; and a message of its own where it fails."""

from __future__ import annotations

from bot.domain.plan_state import PlanState, PlanStatus, StepStatus
from bot.domain.values import Allow
from bot.slack.scene import Scene
from bot.slack.slots import Slot
from bot.slack.views.failure import failure_of, undoing_of
from bot.slack.views.outcome import outcome
from bot.slack.views.text import noticed, said, section
from bot.slack.views.ways_on import ways_on

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
_SHOWN = 4
"""Steps in sight; with the heading that makes five lines."""


def execution(scene: Scene, state: PlanState) -> Slot | None:
    """From the moment the first step starts."""
    if state.plan.purpose != "fix" or all(s.started_at is None for s in state.steps):
        return None
    total = len(state.steps)
    done = sum(s.status is StepStatus.VERIFIED for s in state.steps)
    head = f"*Fix of {scene.incident.id}, {done} of {total} done* · {decided(scene, state)}"
    # What was asked for has its buttons where it was asked.
    alone = isinstance(state.verdict, Allow)
    taken = _in_hand(scene, state) if alone else ""
    return Slot(
        id=f"execution:{state.plan.id}",
        text=f"{scene.incident.id} fix: {done} of {total} done",
        blocks=(
            section("\n".join([f"{head}{taken}", *_steps(state)])),
            *(ways_on(scene, state) if alone else ()),
        ),
        state=f"{','.join(step.status for step in state.steps)}{taken}",
    )


def _in_hand(scene: Scene, state: PlanState) -> str:
    """` · Rolled back 02:50 by Dev`: what people did about it; empty where nobody did."""
    touched = state.halt or state.undo or state.overwritable
    return f" · {outcome(scene, state)}" if touched else ""


def failure(scene: Scene, state: PlanState) -> Slot | None:
    """New, so that it rings: for those who approved, and for who commands."""
    ran = any(s.started_at for s in state.steps)
    if state.plan.purpose != "fix" or state.status is not PlanStatus.FAILED or not ran:
        return None
    if state.halt and state.ended_by_hand:
        return None  # Somebody wanted it so, and whoever is on call is called.
    commander = scene.incident.commander
    told = dict.fromkeys([*state.approvers, *([commander] if commander else [])])
    who = " ".join(scene.people.mention(user) for user in told)
    why, back = failure_of(state), undoing_of(state)
    said_of_it = f"The fix of {scene.incident.id} failed: {said(why, 240)}."
    undone = f" {back[:1].upper()}{said(back[1:], 160)}." if back else ""
    return Slot(
        id=f"failure:{state.plan.id}",
        text=noticed(f"{scene.incident.id} fix failed: {why}"),
        blocks=(section(f"{who} {said_of_it}{undone}".strip()),),
        rings=True,
        state=",".join(step.status for step in state.steps),
    )


def decided(scene: Scene, state: PlanState) -> str:
    """Who let it run, by plain name."""
    if state.approvers:
        return f"approved by {', '.join(scene.people.name(u) for u in state.approvers)}"
    return f"allowed by rule {said(state.verdict.rule, 40)}"


def _steps(state: PlanState) -> list[str]:
    """At most four lines: all steps, or those around the one that is under way."""
    lines = []
    for number, (step, done) in enumerate(zip(state.plan.steps, state.steps, strict=True), 1):
        words = said(done.failure or done.summary or step.dry_run.summary, 120)
        lines.append(f"{_MARKS[done.status]} {number} {words}")
    if len(lines) <= _SHOWN:
        return lines
    current = len(lines) - 1 if state.current is None else state.current
    first = min(max(0, current - 1), len(lines) - _SHOWN + 1)
    return [*lines[first : first + _SHOWN - 1], f"… of {len(lines)} steps in all"]
