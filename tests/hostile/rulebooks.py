"""Policies the machine plays under: rules, modes of autonomy, freeze windows, thresholds."""

from __future__ import annotations

from typing import Any

from bot.policy.rules import Policy
from tests.fakes.house import ALLOWING, rules
from tests.fakes.story import at

FREEZE = (at(300), at(3000))
"""While an incident that began at the start is being dealt with."""


def _and(*given: dict[str, Any], **more: Any) -> Policy:
    """These rules, with more in the file than rules."""
    policy = rules(*given)
    told = Policy.model_validate({"version": 1, "rules": [], **more})
    return policy.model_copy(update={name: getattr(told, name) for name in more})


RULEBOOKS: dict[str, Policy] = {
    "shipped": rules(),
    "autonomous": rules(*ALLOWING),
    "pairs": rules({"id": "pairs", "effects": ["write"], "then": "ask", "approvals": 2}),
    "teams": rules(
        {
            "id": "teams",
            "effects": ["write"],
            "then": "ask",
            "approvals": [{"from": ["@oncall"]}, {"from": ["@security"]}],
        }
    ),
    "led": rules(
        {
            "id": "led",
            "effects": ["write"],
            "then": "ask",
            "approvers": ["@oncall", "commander"],
        }
    ),
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
    "assisted": _and(*ALLOWING, autonomy={"default": "assisted"}),
    "semi-autonomous": _and(*ALLOWING, autonomy={"default": "semi-autonomous"}),
    "bells by hand": _and(
        *ALLOWING, autonomy={"default": "autonomous", "services": {"bells": "manual"}}
    ),
    "freeze": _and(
        *ALLOWING,
        freezes=[
            {
                "id": "sale",
                "from": FREEZE[0].isoformat(),
                "until": FREEZE[1].isoformat(),
                "services": ["lamps"],
            }
        ],
    ),
    "thresholds": _and(*ALLOWING, escalate_when={"confidence_below": "medium", "failed_fixes": 1}),
}
