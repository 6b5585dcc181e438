"""Which modules hold checks, and which tests have to notice when one is gone."""

from __future__ import annotations

from pathlib import Path

_ROOT = Path(__file__).parents[2]
_NO_CHECK = frozenset({"__init__", "facts", "topology"})
"""Of the policy: it names things and checks nothing."""
_CONDITIONS = frozenset({"cel_functions", "cel_source", "cel_values", "conditions", "template"})
"""The language of conditions: it has tests of its own, and no say in what is let through."""
_NAMED = {
    "bot/incidents/preconditions.py": ("tests/incidents/test_executor.py",),
    "bot/incidents/drift.py": ("tests/incidents/test_drift.py",),
    "bot/incidents/approvals.py": ("tests/incidents/test_approvals.py",),
    "bot/domain/decide.py": (
        "tests/domain/test_approvals.py",
        "tests/domain/test_steps.py",
        "tests/domain/test_alerts.py",
        "tests/domain/test_conclusions.py",
        "tests/domain/test_endings.py",
    ),
}
_OTHERS = frozenset({"test_conditions", "test_template"})


def modules() -> list[str]:
    """Everything in `bot/policy` that decides, and what is named beside it."""
    return list(COVERING)


def _covering() -> dict[str, tuple[str, ...]]:
    policy = tuple(
        f"tests/policy/{path.name}"
        for path in sorted((_ROOT / "tests/policy").glob("test_*.py"))
        if path.stem not in _OTHERS
    )
    found = {
        f"bot/policy/{path.name}": policy
        for path in sorted((_ROOT / "bot/policy").glob("*.py"))
        if path.stem not in _NO_CHECK | _CONDITIONS
    }
    return {**found, **_NAMED}


COVERING: dict[str, tuple[str, ...]] = _covering()
