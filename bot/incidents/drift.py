"""Compares a fresh dry run with the one that was shown. Pure."""

from __future__ import annotations

from bot.domain.values import Plan, Step
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


def moved_since(step: Step, fresh: DryRun) -> str | None:
    """What no longer is as the step left it; None where everything still is."""
    if {(t.kind, t.name) for t in fresh.targets} != {
        (t.kind, t.name) for t in step.dry_run.targets
    }:
        names = ", ".join(sorted(t.name for t in fresh.targets))
        return f"{step.tool} would touch {names} now"
    now = {(c.target, c.field): c.before for c in fresh.changes}
    for change in step.dry_run.changes:
        found = now.get((change.target, change.field), change.after)
        if found != change.after:
            where = f"{change.target}.{change.field}"
            return f"{where} is {found!r} now, the step left {change.after!r}"
    return None
