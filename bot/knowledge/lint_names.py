"""Finds names in a runbook that nothing gives a value, or gives one too late."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from bot.knowledge.faults import Faults
from bot.knowledge.front_matter import Path
from bot.knowledge.runbook import Check, Pattern
from bot.policy.conditions import Condition
from bot.policy.template import names_in

Yields = Mapping[str, Collection[str]]
"""Tool → the names of its evidence's values. Of a tool that is not listed any name may come."""

_CEL_WORDS = (
    "as break const continue else false for function if import in let loop namespace null package"
    " return true var void while alert"
)
_RESERVED = frozenset(_CEL_WORDS.split())


def lint_names(faults: Faults, yields: Yields) -> None:
    """Every name in every expression, in the order in which they get their values."""
    runbook = faults.runbook
    _lint_duplicates(faults)
    given = {"alert"}
    for name, value in runbook.inputs.items():
        if isinstance(value, str):
            _lint(faults, ("inputs", name), Condition.parse(value).names, given)
        given.add(name)
    whole = given | {c.id for c in runbook.checks} | {n for c in runbook.checks for n in c.capture}
    for i, check in enumerate(runbook.checks):
        _lint_check(faults, ("checks", i), check, given, whole, yields)
        given |= {check.id, *check.capture}
    for i, each in enumerate(runbook.verify):
        _lint_check(faults, ("verify", i), each, whole, whole, yields)
    for i, guard in enumerate(runbook.guards):
        read = runbook.check(guard.reading)
        observed = yields.get(read.tool) if read else None
        if observed is not None:
            names = Condition.parse(guard.expect).names
            _lint(faults, ("guards", i, "expect"), names, whole | set(observed))
            _lint(faults, ("guards", i, "show"), names_in(guard.show), whole | set(observed))
    for path, names in _after_checks(faults):
        _lint(faults, path, names, whole)


def _after_checks(faults: Faults) -> Iterator[tuple[Path, frozenset[str]]]:
    runbook = faults.runbook
    for i, cause in enumerate(runbook.causes):
        yield ("causes", i, "when"), Condition.parse(cause.when).names
        yield ("causes", i, "cause"), names_in(cause.cause)
        for j, text in enumerate(cause.not_known):
            yield ("causes", i, "not_known", j), names_in(text)
    for i, guard in enumerate(runbook.guards):
        yield ("guards", i, "label"), names_in(guard.label)
    for i, step in enumerate(runbook.steps):
        yield from _leaves(("steps", i, "params"), step.params)
        yield ("steps", i, "why"), names_in(step.why)
    for i, each in enumerate(runbook.follow_up):
        for key in ("summary", "description", "owner_of"):
            yield ("follow_up", i, key), names_in(getattr(each, key))
    yield ("resolution",), names_in(runbook.resolution)


def _lint_check(
    faults: Faults, path: Path, check: Check, given: set[str], whole: set[str], yields: Yields
) -> None:
    for where, names in _leaves((*path, "params"), check.params):
        _lint(faults, where, names, given, whole)
    captured = {name for each in faults.runbook.checks for name in each.capture}
    for i, name in enumerate(check.needs):
        if name not in captured:
            message = f"check {check.id!r} needs {name!r}, which no check captures"
            faults.add((*path, "needs", i), message, _nearest(name, captured))
        elif name not in given:
            message = f"check {check.id!r} needs {name!r} before it is captured"
            faults.add((*path, "needs", i), message, "move it below the check that captures it")
    observed = yields.get(check.tool)
    scope = given | set(observed or ())
    for name, capture in check.capture.items():
        text = capture.source if isinstance(capture, Pattern) else capture
        where = (*path, "capture", name, *(("from",) if isinstance(capture, Pattern) else ()))
        _lint(faults, where, Condition.parse(text).names, scope, whole, anything=observed is None)
        scope.add(name)
    for key in ("expect", "finding", "otherwise"):
        text = getattr(check, key)
        names = Condition.parse(text).names if key == "expect" else names_in(text)
        _lint(faults, (*path, key), names, scope, whole, anything=observed is None)


def _lint(
    faults: Faults,
    path: Path,
    names: frozenset[str],
    given: set[str],
    whole: set[str] | None = None,
    *,
    anything: bool = False,
) -> None:
    """`whole`: what has a value in the end. `anything`: the evidence may bring any other name."""
    for name in sorted(names - given):
        if whole and name in whole:
            message = f"{name!r} is used before it is captured"
            faults.add(path, message, "move it below the check that gives it", name)
        elif not anything:
            faults.add(path, f"nothing gives {name!r} a value", _nearest(name, given), name)


def _lint_duplicates(faults: Faults) -> None:
    runbook = faults.runbook
    first: dict[str, str] = {"alert": "the alert"}
    named: list[tuple[Path, str, str]] = [
        (("inputs", name), name, f"input {name!r}") for name in runbook.inputs
    ]
    for i, check in enumerate(runbook.checks):
        named.append((("checks", i, "id"), check.id, f"check {check.id!r}"))
        for name in check.capture:
            named.append((("checks", i, "capture", name), name, f"the capture of {check.id!r}"))
    for path, name, what in named:
        if name in first:
            message = f"{name!r} already names {first[name]}"
            faults.add(path, message, "give it a name of its own")
        elif name in _RESERVED:
            faults.add(path, f"{name!r} is a word of CEL", "give it another name")
        first.setdefault(name, what)
    for part in ("causes", "guards", "verify"):
        seen: set[str] = set()
        for i, each in enumerate(getattr(runbook, part)):
            if each.id in seen:
                message = f"{part} has {each.id!r} twice"
                faults.add((part, i, "id"), message, "give each an id of its own")
            seen.add(each.id)


def _leaves(path: Path, value: Any) -> Iterator[tuple[Path, frozenset[str]]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves((*path, key), item)
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _leaves((*path, i), item)
    else:
        yield path, names_in(value)


def _nearest(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"capture it in a check; there are: {', '.join(sorted(known)) or 'none'}"
