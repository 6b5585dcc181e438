"""What somebody left in the modal that makes a plan smaller, or what of it they have to correct."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from bot.incidents.leeway import Leeway, Offer
from bot.incidents.narrowing import Edit
from bot.slack.views.edit import BOXES, STEPS, VALUE, block_id, group_of
from tools.kit.narrowing import Narrows

Values = Mapping[str, Any]
"""Slack's state of a view: block id → action id → what is in it."""


def read_edit(offer: Offer, values: Values) -> tuple[Edit, dict[str, str]]:
    """What is wanted, and what is wrong by block id. What the modal didn't ask about stays."""
    errors: dict[str, str] = {}
    count = len(offer.plan.steps)
    kept = _ticked(values, STEPS, count)
    keep = len(kept)
    if kept != list(range(keep)) or not kept:
        missing = next((n for n in range(count) if n not in kept), 0)
        errors[block_id(STEPS)] = (
            f"Steps go from the end. Without step {missing + 1} nothing after it can run."
            if kept
            else "Keep the first step, or press Back and reject the fix."
        )
    params: dict[int, dict[str, Any]] = {}
    for index, leeway in enumerate(offer.leeways):
        if leeway.step >= keep:
            continue
        less, wrong = _left(leeway, group_of(index), values)
        if wrong:
            errors[block_id(group_of(index))] = wrong
        elif less != leeway.value:
            params.setdefault(leeway.step, {})[leeway.name] = less
    if not errors and keep == count and not params:
        first = next(iter(values), block_id(STEPS))
        errors[first] = "Nothing is smaller yet. Untick or lower something, or press Back."
    return Edit(steps=keep if keep < count else None, params=params), errors


def _left(leeway: Leeway, group: str, values: Values) -> tuple[Any, str]:
    """What is left of a parameter, and what is wrong with that; empty where nothing is."""
    if leeway.how is Narrows.LESS:
        return _number(leeway.value, values.get(block_id(group)))
    ticked = _ticked(values, group, len(leeway.value))
    if not ticked:
        return None, "Keep at least one. A step that is not wanted at all is unticked above."
    if isinstance(leeway.value, dict):
        return {key: leeway.value[key] for i, key in enumerate(leeway.value) if i in ticked}, ""
    return [each for i, each in enumerate(leeway.value) if i in ticked], ""


def _ticked(values: Values, group: str, count: int) -> list[int]:
    """Which choices are ticked, in their order; all of a block that was not asked."""
    ticked: list[int] = []
    for first in range(0, count, BOXES):
        here = range(first, min(first + BOXES, count))
        block = values.get(block_id(group, first))
        chosen = {str(o["value"]) for o in block[VALUE]["selected_options"]} if block else None
        ticked += [number for number in here if chosen is None or str(number) in chosen]
    return ticked


def _number(was: int | float, block: Any) -> tuple[int | float, str]:
    if block is None:
        return was, ""
    given = str(block[VALUE]["value"] or "").strip()
    try:
        number = int(given) if isinstance(was, int) else float(given)
    except ValueError:
        whole = "a whole number" if isinstance(was, int) else "a number"
        return was, f"Give {whole} of at most {was}."
    if not math.isfinite(number) or not 0 <= number <= was:
        return was, f"Only less than {was}, and not below 0."
    return number, ""
