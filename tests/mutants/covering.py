"""Which modules hold checks, and which tests have to notice when one is gone, the likeliest first.

What only tells of policy (`explain`, `lint`, `cases`, `steps`) lets nothing through, and the
language of conditions has tests of its own: neither is here.
"""

from __future__ import annotations

_GATE = ("tests/policy/test_gate.py",)
_RULES = ("tests/policy/test_rules.py", *_GATE)
_APPROVALS = ("tests/domain/test_approvals.py",)
_STEPS = ("tests/domain/test_steps.py",)
_UNDOING = ("tests/incidents/test_undoing.py",)
_HALTING = "tests/incidents/test_halting.py"
_NARROWING = "tests/incidents/test_narrowing.py"

COVERING: dict[str, tuple[str, ...]] = {
    "bot/policy/gate.py": _GATE,
    "bot/policy/ruling.py": _GATE,
    "bot/policy/autonomy.py": _GATE,
    "bot/policy/thresholds.py": _GATE,
    "bot/policy/facts.py": _GATE,
    "bot/policy/approvals.py": _RULES,
    "bot/policy/rule.py": (*_RULES, "tests/policy/test_explain.py"),
    "bot/policy/rules.py": _RULES,
    "bot/policy/selectors.py": _RULES,
    "bot/policy/freeze.py": ("tests/policy/test_freeze.py",),
    "bot/policy/risk.py": ("tests/policy/test_risk.py",),
    "bot/policy/blast.py": ("tests/policy/test_risk.py", "tests/policy/test_inventory.py", *_GATE),
    "bot/policy/limits.py": ("tests/policy/test_limits.py",),
    "bot/policy/inventory.py": ("tests/policy/test_inventory.py",),
    "bot/policy/readings.py": ("tests/policy/test_readings.py",),
    "bot/domain/consent.py": (*_APPROVALS, _NARROWING),
    "bot/domain/quorum.py": ("tests/domain/test_quorum.py", *_APPROVALS),
    "bot/domain/warrant.py": ("tests/domain/test_warrant.py",),
    "bot/domain/breaker.py": ("tests/domain/test_breaker.py",),
    "bot/domain/decide.py": (
        *_APPROVALS,
        "tests/domain/test_steps.py",
        "tests/domain/test_alerts.py",
        "tests/domain/test_conclusions.py",
        "tests/domain/test_endings.py",
        "tests/domain/test_calls.py",
        "tests/domain/test_stops.py",
    ),
    "bot/domain/plan_state.py": ("tests/domain/test_plan_state.py", *_STEPS),
    "bot/domain/intervention.py": ("tests/domain/test_intervention.py",),
    "bot/domain/responders.py": ("tests/domain/test_responders.py",),
    "bot/domain/settle.py": ("tests/domain/test_settle.py", "tests/domain/test_intervention.py"),
    "bot/incidents/intervention.py": (_HALTING,),
    "bot/incidents/undoing.py": _UNDOING,
    "bot/incidents/rollback.py": (
        "tests/incidents/test_rollback.py",
        "tests/incidents/test_fencing.py",
        *_UNDOING,
    ),
    "bot/incidents/planning.py": (
        "tests/incidents/test_planning.py",
        "tests/incidents/test_discretion.py",
        "tests/incidents/test_executor.py",
        _NARROWING,
    ),
    "bot/incidents/executor.py": (
        "tests/incidents/test_executor.py",
        "tests/incidents/test_fencing.py",
        "tests/incidents/test_start_on_record.py",
        "tests/incidents/test_discretion.py",
        "tests/incidents/test_brakes.py",
        _HALTING,
    ),
    "bot/incidents/preconditions.py": ("tests/incidents/test_executor.py",),
    "bot/incidents/drift.py": ("tests/incidents/test_drift.py",),
    "bot/incidents/approvals.py": ("tests/incidents/test_approvals.py",),
    "bot/incidents/smaller.py": ("tests/incidents/test_smaller.py", _NARROWING),
    "bot/incidents/narrowing.py": (_NARROWING,),
    "bot/incidents/discretion.py": ("tests/incidents/test_discretion.py",),
}


def modules() -> list[str]:
    """In the order in which they are tried."""
    return list(COVERING)
