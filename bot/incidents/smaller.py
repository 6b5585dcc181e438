"""Whether a plan is another one made smaller: in what it asks for and in what it would do. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.values import Plan, Step
from tools.kit.narrowing import narrowable, wider
from tools.kit.tool import Params
from tools.kit.types import Change, Effect, Scalar

Declared = Mapping[str, type[Params]]
"""Tool → its parameters, which say what of them may shrink."""

_EFFECTS = tuple(Effect)


def objection(wide: Plan, narrow: Plan, declared: Declared) -> str | None:
    """What of `narrow`, with its fresh dry run, is more or other than `wide`, in one sentence.

    None where it is a narrowing: the first steps of `wide` in their order, each with the same tool
    and no more of anything. A plan in which nothing is smaller is none.
    """
    if len(narrow.steps) > len(wide.steps):
        return f"it has {len(narrow.steps)} steps, and the plan has {len(wide.steps)}"
    for number, (old, new) in enumerate(zip(wide.steps, narrow.steps, strict=False), start=1):
        reason = _step(old, new, declared)
        if reason:
            return f"step {number}: {reason}"
    if _promises(wide) != _promises(narrow):
        return "its guards, its check afterwards or its runbook differ"
    # Nor is it smaller where only the world has moved, and so less would change now.
    if [step.params for step in wide.steps] == [step.params for step in narrow.steps]:
        return "nothing of it is smaller"
    return None


def may_shrink(plan: Plan, declared: Declared) -> str:
    """What a person may change: `fewer steps, the last first; step 1: fewer parameters`."""
    parts = ["fewer steps, the last first"] if len(plan.steps) > 1 else []
    for number, step in enumerate(plan.steps, start=1):
        fields = narrowable(declared[step.tool]) if step.tool in declared else {}
        if fields:
            names = ", ".join(f"{how} {name}" for name, how in fields.items())
            parts.append(f"step {number}: {names}")
    return "; ".join(parts) or "nothing"


def _step(old: Step, new: Step, declared: Declared) -> str | None:
    if new.tool != old.tool or new.cites != old.cites:
        return f"it is {new.tool}, and was {old.tool}"
    if new.version != old.version:
        return f"{new.tool} is version {new.version} now, the plan was made with {old.version}"
    if _EFFECTS.index(new.effect) > _EFFECTS.index(old.effect) or old.reversible > new.reversible:
        return f"{new.tool} would do worse, or could no longer be undone"
    params = wider(declared[old.tool], old.params, new.params)
    if params:
        return params
    known = {(target.kind, target.name) for target in old.dry_run.targets}
    more = [t.name for t in new.dry_run.targets if (t.kind, t.name) not in known]
    if more:
        return f"it would touch {', '.join(sorted(more))} as well"
    shown = {(change.target, change.field): change for change in old.dry_run.changes}
    for change in new.dry_run.changes:
        reason = _change(shown.get((change.target, change.field)), change)
        if reason:
            return reason
    return None


def _change(old: Change | None, new: Change) -> str | None:
    where = f"{new.target}.{new.field}"
    if old is None:
        return f"it would change {where} as well"
    if new.before != old.before:
        return f"{where} is {new.before!r} now, was {old.before!r}; ask for a new plan"
    if new.after != old.after and not _between(old.before, new.after, old.after):
        return f"{where} would become {new.after!r}, and that is not nearer than {old.after!r}"
    return None


def _between(before: Scalar, nearer: Scalar, after: Scalar) -> bool:
    """Whether a value lies on the way from one to the other; only numbers have one."""
    ends = [x for x in (before, nearer, after) if isinstance(x, int | float)]
    if len(ends) < 3 or any(isinstance(x, bool) for x in ends):
        return False
    low, middle, high = ends
    return min(low, high) <= middle <= max(low, high)


def _promises(plan: Plan) -> object:
    guards = [guard.model_dump(exclude={"shown"}) for guard in plan.guards]
    return plan.purpose, guards, plan.verify, plan.verify_within, plan.runbook, plan.resolution
