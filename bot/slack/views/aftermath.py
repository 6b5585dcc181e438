"""Where a plan ended early, and what is live of it: the few words that its approval says."""

from __future__ import annotations

from bot.domain.plan_state import PlanState, StepStatus
from bot.domain.values import Step

_MOST_FIELDS = 3
Numbered = list[int]
"""Numbers of steps, from 1."""


def ended(state: PlanState) -> str:
    """`Failed at 2`; not escaped, without a full stop."""
    for number, step in enumerate(state.steps, start=1):
        if step.status is StepStatus.UNKNOWN:
            return f"Failed at {number}: whether it ran is not known"
        if step.failure:
            return f"Failed at {number}"
    if state.recovered is False:
        return "It ran, but did not help"
    void = state.void
    if void is None:
        return "Failed"
    if state.ended_by_hand:
        return f"{void.reason[:1].upper()}{void.reason[1:]}"
    return f"Failed at {(state.current or 0) + 1}: {void.reason}"


def left(state: PlanState) -> str:
    """`Undone: source is replica-2 again`; not escaped, without a full stop. Empty where that is
    the question."""
    undoing = [n for n, s in _numbered(state) if s is StepStatus.UNDOING or n - 1 in state.undoable]
    if undoing:
        return f"{_steps(undoing)} {_are(undoing)} being undone"
    stuck = [n for n, s in _numbered(state) if s is StepStatus.STUCK]
    undone = [n for n, s in _numbered(state) if s is StepStatus.UNDONE]
    if stuck:
        step = state.steps[stuck[0] - 1]
        why = "has changed since" if step.moved else f"could not be undone: {step.summary}"
        return f"{_steps(stuck)} is live and {why}"
    if undone:
        return f"Undone: {_again([state.plan.steps[n - 1] for n in undone])}"
    live = [n for n, step in enumerate(state.steps, start=1) if step.landed]
    if live:
        return f"{_steps(live)} {_are(live)} live"
    in_doubt = any(step.status is StepStatus.UNKNOWN for step in state.steps)
    return "" if in_doubt else "Nothing was changed"


def _numbered(state: PlanState) -> list[tuple[int, StepStatus]]:
    return [(number, step.status) for number, step in enumerate(state.steps, start=1)]


def _again(steps: list[Step]) -> str:
    """`source is replica-2 again`, for each field that was put back."""
    fields = [
        f"{change.field} is {'as before' if change.before is None else f'{change.before} again'}"
        for step in steps
        for change in step.dry_run.changes
    ] or [step.dry_run.summary for step in steps]
    more = len(fields) - _MOST_FIELDS
    shown = fields if more <= 0 else [*fields[:_MOST_FIELDS], f"and {more} more"]
    return ", ".join(shown)


def _steps(numbers: Numbered) -> str:
    listed = ", ".join(map(str, numbers))
    return f"Step {listed}" if len(numbers) == 1 else f"Steps {listed}"


def _are(numbers: Numbered) -> str:
    return "is" if len(numbers) == 1 else "are"
