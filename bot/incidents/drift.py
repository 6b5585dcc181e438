"""Compares a fresh dry run with the one that was shown. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.values import Found, Plan, Step
from tools.kit.types import DryRun


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
    seen = {(found.target, found.field): found.value for found in over}
    if {(t.kind, t.name) for t in fresh.targets} != {
        (t.kind, t.name) for t in step.dry_run.targets
    }:
        names = ", ".join(sorted(t.name for t in fresh.targets))
        return f"{step.tool} would touch {names} now"
    now = {(c.target, c.field): c.before for c in fresh.changes}
    for change in step.dry_run.changes:
        at = (change.target, change.field)
        found, expected = now.get(at, change.after), seen.get(at, change.after)
        if found != expected:
            left = "you were shown" if at in seen else "the step left"
            return f"{change.target}.{change.field} is {found!r} now, {left} {expected!r}"
    return None


def standing(step: Step, fresh: DryRun) -> tuple[Found, ...]:
    """What stands in the fields that the step changed."""
    now = {(c.target, c.field): c.before for c in fresh.changes}
    return tuple(
        Found(target=c.target, field=c.field, value=now.get((c.target, c.field), c.after))
        for c in step.dry_run.changes
    )
