"""Compares a fresh dry run with the one that was shown. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.domain.values import Found, Plan, Step
from tools.kit.types import DryRun

Field = tuple[str, str]
"""Target and name."""


def drift(plan: Plan, index: int, version: int, fresh: DryRun) -> str | None:
    """What differs from what was shown for step `index`, in one sentence; None if nothing does.

    An earlier step's declared changes are expected to be there. `version` is the tool's now.
    """
    step = plan.steps[index]
    if version != step.version:
        return f"{step.tool} is version {version} now, the plan was made with {step.version}"
    if {(t.kind, t.name) for t in fresh.targets} != {
        (t.kind, t.name) for t in step.dry_run.targets
    }:
        names = ", ".join(sorted(t.name for t in fresh.targets))
        return f"{step.tool} would now touch {names}"
    now = {(c.target, c.field): c for c in fresh.changes}
    for change in step.dry_run.changes:
        found = now.pop((change.target, change.field), None)
        expected = plan.before(index, change)
        if found is None or found.after != change.after:
            return f"{change.target}.{change.field} would no longer become {change.after!r}"
        if found.before != expected:
            return f"{change.target}.{change.field} is {found.before!r} now, was {expected!r}"
    if now:
        target, field = sorted(now)[0]
        return f"{target}.{field} would change as well now"
    return None


def moved_since(step: Step, fresh: DryRun, over: Sequence[Found] = ()) -> str | None:
    """What no longer is as the step left it; None where everything still is.

    `over`: what a person was shown to stand there instead, and wants written over.
    """
    elsewhere = retargeted(step, fresh)
    if elsewhere:
        return elsewhere
    seen, left = {(f.target, f.field): f.value for f in over}, left_by(step, fresh)
    for at, now in standing(step, fresh).items():
        wanted = seen.get(at, left[at])
        if now != wanted:
            told = "you were shown" if at in seen else "the step left"
            return f"{'.'.join(at)} is {now!r} now, {told} {wanted!r}"
    return None


def retargeted(step: Step, fresh: DryRun) -> str | None:
    """What the step would touch now, where that is something else."""
    targets = {(t.kind, t.name) for t in fresh.targets}
    if targets == {(t.kind, t.name) for t in step.dry_run.targets}:
        return None
    names = ", ".join(sorted(t.name for t in fresh.targets))
    return f"{step.tool} would touch {names} now"


def left_by(step: Step, fresh: DryRun) -> dict[Field, Any]:
    """What the step left, field by field; a field that it would change only now had that value
    already, so the step left it as it was."""
    return {(c.target, c.field): c.after for c in (*fresh.changes, *step.dry_run.changes)}


def standing(step: Step, fresh: DryRun) -> dict[Field, Any]:
    """What stands in those fields now."""
    now = {(c.target, c.field): c.before for c in fresh.changes}
    return {at: now.get(at, left) for at, left in left_by(step, fresh).items()}
