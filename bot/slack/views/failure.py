"""Why a fix failed, and what became of the steps that had landed, in plain words."""

from __future__ import annotations

from bot.domain.plan_state import PlanState, StepStatus


def failure_of(state: PlanState) -> str:
    """Not escaped; begins in lower case, without a full stop."""
    for number, step in enumerate(state.steps, start=1):
        if step.status is StepStatus.UNKNOWN:
            return f"whether step {number} ran is not known: {step.summary}"
        if step.failure:
            return f"step {number} failed: {step.failure}"
    if state.recovered is False:
        return f"it ran, but did not help: {state.recovery}"
    if state.void is None:
        return "it failed"
    return state.void.reason if state.ended_by_hand else f"stopped: {state.void.reason}"


def undoing_of(state: PlanState) -> str:
    """What is put back, is being put back or could not be; empty where nothing has to be."""
    parts = []
    for number, step in reversed(list(enumerate(state.steps, start=1))):
        if step.status is StepStatus.UNDONE:
            parts.append(f"step {number} undone ({step.summary})")
        elif step.status is StepStatus.STUCK:
            parts.append(f"step {number} is live and could not be undone ({step.summary})")
        elif step.status is StepStatus.UNDOING or number - 1 in state.undoable:
            parts.append(f"step {number} is being undone")
        elif step.landed and state.ended_by_hand:
            parts.append(f"step {number} had run and stays as it is")
    return ", ".join(parts)
