"""Values in a runbook's step that the runbook didn't write: out of an alert, or a tool's output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.knowledge.runbook import Runbook
from bot.policy.conditions import Condition
from bot.policy.template import Template


def own_names(runbook: Runbook) -> frozenset[str]:
    """Inputs that follow from the runbook's text alone: constants, and what is made of them."""
    own: set[str] = set()
    for name, given in runbook.inputs.items():
        if not isinstance(given, str) or Condition.parse(given).names <= own:
            own.add(name)
    captured = {name for check in runbook.checks for name in check.capture}
    return frozenset(own - captured - {check.id for check in runbook.checks})


def borrowed(template: Any, values: Mapping[str, Any], own: frozenset[str]) -> Iterator[Any]:
    """Each value that an expression over other names than its `own` puts into the parameters."""
    if isinstance(template, str):
        for part in Template.parse(template).parts:
            if isinstance(part, Condition) and not part.names <= own:
                yield from _each(part.value(values))
    elif isinstance(template, Mapping):
        for item in template.values():
            yield from borrowed(item, values, own)
    elif isinstance(template, list | tuple):
        for item in template:
            yield from borrowed(item, values, own)


def _each(value: Any) -> Iterator[Any]:
    """The members of a list one by one; anything else as it is."""
    if isinstance(value, list):
        for item in value:
            yield from _each(item)
    else:
        yield value
