"""Judges a reading against fresh evidence: a guard before a step, a check after a fix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.policy.conditions import Condition, Truth
from tools.kit.types import Evidence, Frozen


class Judgement(Frozen):
    """What one piece of evidence says about one expectation."""

    truth: Truth
    why: str = ""
    """Why it is unknown; empty otherwise."""
    captured: dict[str, Any] = {}
    """What could be captured; a name that could not is absent."""
    scope: dict[str, Any] = {}
    """Everything the expectation could name: for templates that show the result."""


def judge(
    expect: str,
    captures: Mapping[str, str],
    known: Mapping[str, Any],
    evidence: Evidence,
) -> Judgement:
    """Capture from the evidence and hold the expectation against it; never raises.

    `captures` are CEL over the evidence's values, what is `known` and the captures before them.
    What is known wins over the evidence, and a capture over both; a name to be captured is never
    taken from what was known, which may be stale. Failed evidence makes everything unknown.
    """
    settled = {name: value for name, value in known.items() if name not in captures}
    if evidence.status == "failed":
        why = f"{evidence.tool} was not reached: {evidence.summary}"
        return Judgement(truth=Truth.UNKNOWN, why=why, scope=settled)
    observed = {name: value for name, value in evidence.values.items() if name not in captures}
    captured: dict[str, Any] = {}
    missing: list[str] = []
    for name, text in captures.items():
        found, why = Condition.parse(text).compute({**observed, **settled, **captured})
        if why:
            missing.append(f"{name}: {why}")
        else:
            captured[name] = found
    scope = {**observed, **settled, **captured}
    truth, why = Condition.parse(expect).explain(scope)
    because = "; ".join([why, *missing]) if why else ""
    return Judgement(truth=truth, why=because, captured=captured, scope=scope)
