"""How far the checks of a runbook have come: what was read, what can be, what never will."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.knowledge.runbook import Check, Runbook
from bot.policy.conditions import Condition, Truth
from bot.policy.readings import Judgement, judge
from bot.policy.template import MissingValue, names_in, render
from tools.kit.types import Evidence, Frozen


class CheckResult(Frozen):
    """The evidence that a check's tool gave; `failed` evidence where it gave none."""

    check_id: str
    evidence: Evidence
    evidence_id: str = ""
    """As the ledger names it; the check's id where it has no other name."""

    @property
    def name(self) -> str:
        return self.evidence_id or self.check_id


class RenderedCheck(Frozen):
    """A check with its values in, ready to be read."""

    id: str
    title: str
    tool: str
    params: dict[str, Any]


@dataclass(slots=True)
class Progress:
    """The state of all checks after some results; a function of runbook, alert and results."""

    known: dict[str, Any] = field(default_factory=dict)
    """`alert`, inputs, captures, and the truth of each check that has one."""
    judgements: dict[str, Judgement] = field(default_factory=dict)
    ready: dict[str, RenderedCheck] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)
    """Check id → what it waits for, which another check may still bring."""
    skipped: dict[str, str] = field(default_factory=dict)
    """Check id → why it can't be read any more."""


def needed(check: Check, runbook: Runbook) -> frozenset[str]:
    """The captured names a check can't be read without: told, or named in its parameters."""
    captured = {name for each in runbook.checks for name in each.capture}
    return frozenset(check.needs) | (names_in(check.params) & captured)


def progress(
    runbook: Runbook, alert: Mapping[str, Any], results: Mapping[str, CheckResult]
) -> Progress:
    """Fold the results in the runbook's order, whatever order they came in."""
    state = Progress(known={"alert": dict(alert)})
    for name, given in runbook.inputs.items():
        value, why = _input(given, state.known)
        if not why:
            state.known[name] = value
    for check in runbook.checks:
        result = results.get(check.id)
        if result is not None:
            _take(state, check, result)
    _sort_unread(state, runbook, [c for c in runbook.checks if c.id not in results])
    return state


def _input(given: Any, known: Mapping[str, Any]) -> tuple[Any, str]:
    return Condition.parse(given).compute(known) if isinstance(given, str) else (given, "")


def _take(state: Progress, check: Check, result: CheckResult) -> None:
    judgement = judge(check.expect, check.captures, state.known, result.evidence)
    state.judgements[check.id] = judgement
    state.known.update(judgement.captured)
    if judgement.truth is not Truth.UNKNOWN:
        state.known[check.id] = judgement.truth is Truth.TRUE


def _sort_unread(state: Progress, runbook: Runbook, unread: list[Check]) -> None:
    for check in unread:
        missing = needed(check, runbook) - state.known.keys()
        if missing:
            state.waiting[check.id] = ", ".join(sorted(missing))
            continue
        try:
            params = render(check.params, state.known)
        except MissingValue as error:
            state.skipped[check.id] = str(error)
            continue
        state.ready[check.id] = RenderedCheck(
            id=check.id, title=check.title, tool=check.tool, params=params
        )
    coming = set(state.ready)
    while more := {c.id for c in unread if c.id in state.waiting and _may_come(c, coming, runbook)}:
        if more <= coming:
            break
        coming |= more
    for check_id in state.waiting.keys() - coming:
        missing_names = state.waiting.pop(check_id)
        state.skipped[check_id] = f"no check found its {missing_names}"


def _may_come(check: Check, coming: set[str], runbook: Runbook) -> bool:
    return all(
        any(each.id in coming and name in each.capture for each in runbook.checks)
        for name in needed(check, runbook)
    )
