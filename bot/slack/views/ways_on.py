"""What people may still do about a plan that may run or ran: the buttons of its record."""

from __future__ import annotations

from bot.domain.intervention import undo_offered
from bot.domain.plan_state import PlanState, PlanStatus, StepStatus
from bot.domain.values import answerable
from bot.slack import ids
from bot.slack.scene import Scene
from bot.slack.views.text import Block, button, cut, visible
from tools.kit.types import Change

_SENTENCE = 250


def ways_on(scene: Scene, state: PlanState) -> list[Block]:
    """None where it is over, or goes on by itself."""
    incident = scene.incident
    buttons: list[Block] = []
    value = ref(scene, state).pack()
    latest = incident.fix is state and not incident.resolved_at
    if latest and state.may_ask_again and not state.wants_replan:
        heard = f"Check {incident.id} again and ask for approval"
        buttons.append(button("Check again and ask", ids.ASK_AGAIN, heard, value=value))
    if _may_halt(state):
        heard = f"Halt the fix of {incident.id} after this step"
        buttons.append(button("Halt after this step", ids.HALT, heard, value=value))
    theirs = bool(answerable(state.verdict))
    if theirs and state.overwritable:
        heard = f"See what a roll back of {incident.id} would overwrite"
        buttons.append(button("Roll back", ids.ROLL_BACK, heard, value=value))
    elif theirs and state.revertible:
        buttons.append(_undo(scene, state, value))
    return [{"type": "actions", "elements": buttons}] if buttons else []


def ref(scene: Scene, state: PlanState) -> ids.PlanRef:
    """What each button of a plan carries."""
    return ids.PlanRef(incident=scene.incident.id, plan=state.plan.id, digest=state.digest)


def _may_halt(state: PlanState) -> bool:
    """While a step is left that has not begun."""
    pending = any(step.status is StepStatus.PENDING for step in state.steps)
    return state.status is PlanStatus.RUNNING and state.halt is None and pending


def _undo(scene: Scene, state: PlanState, value: str) -> Block:
    incident = scene.incident.id
    return button(
        _undo_label(state),
        ids.UNDO,
        f"Undo the fix of {incident}",
        value=value,
        confirm={
            "title": {"type": "plain_text", "text": f"Undo the fix of {incident}?"},
            "text": {"type": "plain_text", "text": _back(state), "emoji": False},
            "confirm": {"type": "plain_text", "text": "Undo"},
            "deny": {"type": "plain_text", "text": "Back"},
        },
    )


def _undo_label(state: PlanState) -> str:
    """`Undo switch` where one thing was put in another's place; else which steps."""
    steps = undo_offered(state)
    changes = _changes(state)
    if len(changes) == 1 and isinstance(changes[0].before, str):
        return "Undo switch"
    numbers = ", ".join(str(index + 1) for index in sorted(steps))
    return cut(f"Undo step{'s' if len(steps) > 1 else ''} {numbers}", 75)


def _back(state: PlanState) -> str:
    """What it will do, in a sentence."""
    told = "; ".join(
        f"{c.target}.{c.field}: {c.after} → {'–' if c.before is None else c.before}"
        for c in _changes(state)
    )
    if cut(told, _SENTENCE).endswith("…") or not told:
        told = "All that the message lists goes back to what it was before"
    return f"{visible(told)}. Refused where somebody changed it since."


def _changes(state: PlanState) -> list[Change]:
    """Those that would be undone, in the order in which that happens."""
    return [
        change.model_copy(update={"before": state.plan.before(index, change)})
        for index in undo_offered(state)
        for change in state.plan.steps[index].dry_run.changes
    ]
