"""Brings observations into the shape that conditions are evaluated over, and back.

Null, NaN and anything that is not plain data are left out, so that touching them is an error and
the condition unknown. A list that holds a null is left out whole: cut down, it would look complete.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

_ABSENT = object()

_EXACT = 2**53
"""Doubles hold every integer below this. A larger one stays an integer: it is an id, no measure."""


def for_cel(values: Mapping[str, Any], *, keep_nulls: bool = False) -> dict[str, Any]:
    """The values without what is missing: durations in seconds, times as RFC 3339 text.

    With `keep_nulls` what is missing stands in as null: a condition that is true without it and
    not with it was true by absence.
    """
    shaped = {key: _shaped(value, keep_nulls) for key, value in values.items()}
    if keep_nulls:
        return {key: None if value is _ABSENT else value for key, value in shaped.items()}
    return {key: value for key, value in shaped.items() if value is not _ABSENT}


def _shaped(value: Any, keep_nulls: bool) -> Any:
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int | float | Decimal):
        return _number(value)
    if isinstance(value, Mapping):
        return for_cel(value, keep_nulls=keep_nulls)
    if isinstance(value, list | tuple):
        items = [_shaped(item, keep_nulls) for item in value]
        return _ABSENT if any(item is _ABSENT for item in items) else items
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, datetime):
        return value.isoformat()
    return _ABSENT


def _number(value: int | float | Decimal) -> Any:
    if isinstance(value, int) and abs(value) > _EXACT:
        return value
    number = float(value)
    return _ABSENT if math.isnan(number) else number


def from_cel(value: Any) -> Any:
    """A result as plain JSON: whole doubles as integers, so that `60.0` can be a parameter."""
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return int(value) if value.is_integer() and abs(value) < _EXACT else value
    if isinstance(value, list):
        return [from_cel(item) for item in value]
    if isinstance(value, dict):
        return {key: from_cel(item) for key, item in value.items()}
    if isinstance(value, timedelta):
        return from_cel(value.total_seconds())
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, bool | int | str) else None


def kind_of(value: Any) -> str:
    """What a value is, for a person: `a number`, `text`, `a list`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float | Decimal | timedelta):
        return "not a number" if isinstance(value, float) and math.isnan(value) else "a number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, list | tuple):
        return "a list"
    return "a mapping" if isinstance(value, Mapping) else type(value).__name__
