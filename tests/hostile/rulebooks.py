"""Policies the machine plays under, and by hand what each of them lets through.

`needed` is the judge's own reading of policy: it calls nothing of the product.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.values import Plan
from bot.policy.rules import Policy
from tests.fakes.house import ALLOWING, rules
from tests.hostile.brain import PLAYBOOK

RULEBOOKS: dict[str, Policy] = {
    "shipped": rules(),
    "autonomous": rules(*ALLOWING),
    "pairs": rules({"id": "pairs", "effects": ["write"], "then": "ask", "approvals": 2}),
    "forbidden": rules({"id": "never", "effects": ["write"], "then": "deny"}),
    "careful": rules(
        {
            "id": "careful",
            "tools": ["paint"],
            "services": ["lamps"],
            "max_targets": 1,
            "min_confidence": "high",
            "then": "allow",
        }
    ),
}
_KNOWN = frozenset({"hall", "attic", "cellar", "lamps", "bells"})
_BOOKS = frozenset({"create_ticket", "update_ticket"})
_WRITES = frozenset({"paint", "paint_many", "ring"})
_OWN = [(step.tool, step.params) for step in PLAYBOOK.steps]


def needed(rulebook: str, plan: Plan, confidence: str) -> int | None:
    """How many people have to approve; 0: it runs by itself; None: it must not run."""
    if plan.purpose == "books":
        return 0 if all(step.tool in _BOOKS for step in plan.steps) else None
    own = _own(plan)
    asked = [
        _step(rulebook, step.tool, [t.name for t in step.dry_run.targets], mine, confidence)
        for step, mine in zip(plan.steps, own, strict=True)
    ]
    known = [people for people in asked if people is not None]
    return max(known) if len(known) == len(asked) else None


def _own(plan: Plan) -> list[bool]:
    """Which steps are the runbook's; none where they stand in another order than there."""
    calls = [(step.tool, step.params) for step in plan.steps]
    places = [_OWN.index(call) for call in calls if call in _OWN]
    in_order = places == sorted(set(places))
    return [in_order and call in _OWN for call in calls]


def _step(
    rulebook: str, tool: str, targets: Sequence[str], own: bool, confidence: str
) -> int | None:
    if not targets or not _KNOWN.issuperset(targets) or tool not in (*_WRITES, "smash"):
        return None
    by_itself = 0 if own else 1
    if tool in _WRITES:
        if rulebook == "forbidden":
            return None
        if rulebook == "autonomous":
            return by_itself
        if rulebook == "pairs":
            return 2
    if rulebook == "careful" and tool == "paint" and confidence == "high":
        return by_itself
    if not own:
        return None
    return 2 if tool == "smash" else 1
