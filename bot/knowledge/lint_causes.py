"""Finds causes that cite nothing or are never reached, and answers that hang in the air."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from bot.knowledge.faults import Faults
from bot.knowledge.runbook import Cause, Guard
from bot.policy.conditions import Condition, Truth
from bot.policy.template import names_in

_MOST_CHECKS = 7
"""Beyond this many checks in the conditions up to a cause, trying all 3^n is not worth it."""


def lint_causes(faults: Faults) -> None:
    """What the causes rest on, what answers them, and whether each can be reached."""
    _lint_support(faults)
    _lint_answers(faults)
    for i, cause in enumerate(faults.runbook.causes):
        if unreachable := _unreachable(faults, i, cause):
            faults.add(("causes", i, "when"), unreachable, "narrow the one before, or remove it")


def _lint_support(faults: Faults) -> None:
    runbook = faults.runbook
    checks = {check.id for check in runbook.checks}
    there = ", ".join(sorted(checks))
    for i, cause in enumerate(runbook.causes):
        if not cause.supported_by:
            message = f"cause {cause.id!r} is supported by no check"
            faults.add(("causes", i), message, f"add 'supported_by: [...]' with some of: {there}")
        for key in ("supported_by", "against"):
            for j, named in enumerate(getattr(cause, key)):
                if named not in checks:
                    message = f"cause {cause.id!r} names check {named!r}, which is none"
                    faults.add(("causes", i, key, j), message, f"write one of: {there}")


def _lint_answers(faults: Faults) -> None:
    runbook = faults.runbook
    checks = ", ".join(check.id for check in runbook.checks)
    causes = {cause.id for cause in runbook.causes}
    for i, guard in enumerate(runbook.guards):
        if runbook.check(guard.reading) is None:
            message = f"guard {guard.id!r} reads {guard.reading!r}, which is no check"
            faults.add(("guards", i, "reading"), message, f"write one of: {checks}")
        elif moved := _moved_by(faults, guard):
            faults.add(
                ("guards", i, "reading"),
                f"guard {guard.id!r} captures {moved!r} anew, which a step uses: it would judge one"
                " thing while the step touches another",
                f"let it read a check that only measures what {moved!r} already names",
            )
    for part in ("steps", "follow_up"):
        for i, each in enumerate(getattr(runbook, part)):
            for j, named in enumerate(each.causes):
                if named not in causes:
                    remedy = f"write one of: {', '.join(sorted(causes))}"
                    faults.add((part, i, "for", j), f"{named!r} is no cause", remedy)
    if runbook.steps and not runbook.verify:
        faults.add(
            ("steps", len(runbook.steps) - 1),
            "nothing verifies the world after this step",
            "add 'verify:' with a check that is true only once the service works again",
        )


def _moved_by(faults: Faults, guard: Guard) -> str:
    """A name that the guard's reading captures and a step takes; empty where there is none."""
    read = faults.runbook.check(guard.reading)
    used = frozenset().union(*(names_in(step.params) for step in faults.runbook.steps))
    return min(used & read.capture.keys(), default="") if read else ""


def _unreachable(faults: Faults, index: int, cause: Cause) -> str:
    """Why no outcome of the checks makes this cause the first true one; empty where one does."""
    conditions = [Condition.parse(each.when) for each in faults.runbook.causes[: index + 1]]
    checks = {check.id for check in faults.runbook.checks}
    own, earlier = conditions[-1], [c for c in conditions[:-1] if c.names <= checks]
    names = sorted(own.names.union(*(condition.names for condition in earlier)))
    if not own.names <= checks or len(names) > _MOST_CHECKS:
        same = any(condition.text == own.text for condition in conditions[:-1])
        return f"cause {cause.id!r} asks the same as one before it" if same else ""
    ever = False
    for outcome in _outcomes(names):
        if own.evaluate(outcome) is Truth.TRUE:
            ever = True
            if not any(each.evaluate(outcome) is Truth.TRUE for each in earlier):
                return ""
    if not ever:
        return f"cause {cause.id!r} can never be true"
    return f"cause {cause.id!r} is never reached: whenever it is true, one before it is"


def _outcomes(names: list[str]) -> Iterator[dict[str, bool]]:
    for truths in product((True, False, None), repeat=len(names)):
        yield {name: truth for name, truth in zip(names, truths, strict=True) if truth is not None}
