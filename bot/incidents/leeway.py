"""Which parameters of a plan hold something that a person may take away. Pure."""

from __future__ import annotations

import math
from typing import Any

from bot.domain.values import Plan
from bot.incidents.smaller import Declared
from tools.kit.narrowing import Narrows, narrowable
from tools.kit.types import Frozen


class Leeway(Frozen):
    """One parameter that may shrink, as it is in the plan."""

    step: int
    """Index of its step."""
    name: str
    how: Narrows
    value: Any
    """Plain JSON: a list or a mapping of two or more, or a number above zero."""
    words: str
    """What the tool says of it."""


class Offer(Frozen):
    """A plan that waits, and what of it may shrink."""

    plan: Plan
    leeways: tuple[Leeway, ...]


def leeways(plan: Plan, declared: Declared) -> tuple[Leeway, ...]:
    """In the order of the steps. A list of one entry has none: a step without targets is none."""
    return tuple(
        Leeway(
            step=index,
            name=name,
            how=how,
            value=step.params[name],
            words=declared[step.tool].model_fields[name].description or "",
        )
        for index, step in enumerate(plan.steps)
        if step.tool in declared
        for name, how in narrowable(declared[step.tool]).items()
        if _has_room(how, step.params.get(name))
    )


def has_leeway(plan: Plan, declared: Declared) -> bool:
    """Whether anything of it may shrink."""
    return len(plan.steps) > 1 or bool(leeways(plan, declared))


def _has_room(how: Narrows, value: Any) -> bool:
    if how is Narrows.FEWER:
        return isinstance(value, list | tuple | dict) and len(value) > 1
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and value > 0
