"""Numbers with their unit, as people write and read them: `2.3 h`, `30 min`, `1.2 GiB`."""

from __future__ import annotations

import math
import re
from typing import Literal, NamedTuple

Unit = Literal["seconds", "bytes", "ratio", "count", "percent", ""]

_SECONDS = {
    "ms": 0.001, "s": 1, "sec": 1, "second": 1, "seconds": 1,
    "m": 60, "min": 60, "minute": 60, "minutes": 60,
    "h": 3_600, "hour": 3_600, "hours": 3_600,
    "d": 86_400, "day": 86_400, "days": 86_400,
}  # fmt: skip
_BYTES = {
    "b": 1, "byte": 1, "bytes": 1,
    "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12,
    "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40,
}  # fmt: skip
_TIME_STEPS = ((172_800, 86_400, "d"), (3_600, 3_600, "h"), (60, 60, "min"), (1, 1, "s"))
_BYTE_STEPS = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


class Quantity(NamedTuple):
    """A number in its base unit: seconds, bytes, or whatever the unit says."""

    value: float
    unit: Unit


def show(value: float | None, unit: Unit = "") -> str:
    """A number for people. None, and what is no finite number, is `no value`."""
    if value is None or not math.isfinite(value):
        return "no value"
    if unit == "seconds":
        return _seconds(value)
    if unit == "bytes":
        return _bytes(value)
    if unit == "ratio":
        return f"{_short(value * 100)}%"
    if unit == "percent":
        return f"{_short(value)}%"
    if unit == "count":
        return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"
    return _short(value)


def parse(text: str) -> Quantity:
    """Read `30 min`, `1.2GiB`, `95%` or a bare number, the units of time and size in any case.

    Raises ValueError for anything else.
    """
    match = re.fullmatch(r"\s*([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*([A-Za-z]*|%)\s*", text)
    if match is None:
        raise ValueError(f"{text!r} is not a number with a unit, such as '30 min' or '1.2 GiB'")
    number, unit = float(match[1]), match[2].lower()
    if unit == "":
        return Quantity(number, "")
    if unit == "%":
        return Quantity(number, "percent")
    if unit in _SECONDS:
        return Quantity(number * _SECONDS[unit], "seconds")
    if unit in _BYTES:
        return Quantity(number * _BYTES[unit], "bytes")
    known = ", ".join((*_SECONDS, *_BYTES))
    raise ValueError(f"{text!r}: unit {match[2]!r} is not one of {known}")


def _seconds(value: float) -> str:
    size = abs(value)
    for least, one, name in _TIME_STEPS:
        if size >= least:
            return f"{_short(value / one)} {name}"
    return "0 s" if size == 0 else f"{_short(value * 1_000)} ms"


def _bytes(value: float) -> str:
    for least, name in _BYTE_STEPS:
        if abs(value) >= least:
            return f"{_short(value / least)} {name}"
    return f"{_short(value)} B"


def _short(value: float) -> str:
    """At most one decimal from 1 up, three significant digits below it."""
    if abs(value) >= 1:
        return f"{value:.1f}".removesuffix(".0")
    return f"{value:.3g}"
