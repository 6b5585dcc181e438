"""A plan line by line: what would change, on what, under which guards. Never cut."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bot.domain.values import Plan, Step
from bot.slack.views.text import read, safe, spelt
from tools.kit.types import Change, DryRun

_PHONE = 60
"""Characters of a line that a phone shows without wrapping it."""
_INDENT = "      "


def change_lines(plan: Plan) -> list[str]:
    """`1 etl.source: replica-2 → replica-1`; every value that the call is given is in sight."""
    lines = []
    for number, step in enumerate(plan.steps, start=1):
        words = _sentence(step.dry_run)
        changes = () if words else step.dry_run.changes
        folded = [_folded(c, "" if i else f"{number} ") for i, c in enumerate(changes)]
        lines += [line for each in folded for line in each]
        lines += [] if changes else [f"{number} {exact(words)}"]
        shown = " ".join([_change(c) for c in changes] or [exact(words)])
        hidden = [f"{name} = {value}" for name, value in _values(step) if not _told(value, shown)]
        lines += [f"      with {', '.join(hidden)}"] if hidden else []
        lines += [f"      ⚠ {exact(warning)}" for warning in step.dry_run.warnings]
    return lines


def affected(plan: Plan) -> str:
    """`1 job, every later run of it`."""
    names: dict[str, set[str]] = {}
    for step in plan.steps:
        for target in step.dry_run.targets:
            names.setdefault(target.kind, set()).add(target.name)
    counted = [f"{len(found)} {exact(kind)}" for kind, found in names.items()]
    more = [exact(words) for step in plan.steps for words in step.dry_run.affects]
    return ", ".join(dict.fromkeys([*counted, *more])) or "nothing is named"


def undo(plan: Plan) -> str:
    """`1 one click · 2 what it writes stays, no automatic undo`."""
    return " · ".join(
        f"{number} {'one click' if step.reversible else _stays(step.dry_run)}"
        for number, step in enumerate(plan.steps, start=1)
    )


def exact(text: str) -> str:
    """Outside text whole and on one line, so that it can't look like a line of ours, nor like a
    text that it isn't."""
    return safe(spelt(text.replace("\r\n", "⏎").replace("\n", "⏎").replace("\t", " ")))


def what(plan: Plan) -> str:
    """All changes in a line, not escaped, for a notification."""
    told: list[str] = []
    for step in plan.steps:
        words = _sentence(step.dry_run)
        told += [words] if words else [_raw(c) for c in step.dry_run.changes]
    return "; ".join(told)


def _sentence(given: DryRun) -> str:
    """Empty where its changes are listed, field by field: always where a sentence of its own
    would leave out what is changed, or from what."""
    if not given.changes:
        return given.summary
    bound = [exact(c.target) for c in given.changes]
    bound += [exact(_value(c.before)) for c in given.changes if c.before is not None]
    whole = all(_told(each, exact(given.sentence)) for each in bound)
    return given.sentence if given.sentence and whole else ""


def _stays(given: DryRun) -> str:
    return f"{exact(given.undo)}, no automatic undo" if given.undo else "no automatic undo"


def _folded(change: Change, number: str) -> list[str]:
    """In one line where a phone shows that; else what is changed, from what and to what."""
    whole = f"{number or _INDENT}{_change(change)}"
    if len(read(whole.strip())) <= _PHONE:
        return [whole]
    return [
        f"{number or _INDENT}{exact(f'{change.target}.{change.field}')}:",
        f"{_INDENT}from {exact(_value(change.before))}",
        f"{_INDENT}to {exact(_value(change.after))}",
    ]


def _change(change: Change) -> str:
    return exact(_raw(change))


def _raw(change: Change) -> str:
    before, after = _value(change.before), _value(change.after)
    return f"{change.target}.{change.field}: {before} → {after}"


def _value(value: Any) -> str:
    return "–" if value is None else str(value)


def _values(step: Step) -> list[tuple[str, str]]:
    return [(exact(name), exact(str(value))) for name, value in _leaves("", step.params)]


def _told(value: str, shown: str) -> bool:
    """Whether it stands there by itself: the `all` of `hall` tells nobody of a scope `all`."""
    return re.search(rf"(?<![\w-]){re.escape(value)}(?![\w-])", shown) is not None


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(str(key), inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _leaves(name, inner)
    elif value not in (None, ""):
        yield name, value
