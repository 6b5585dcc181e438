"""When a series left its usual range, and how far: by median and MAD of its beginning.

The median absolute deviation is not moved by the outliers it is meant to find (Hampel, "The
Influence Curve and Its Role in Robust Estimation", 1974); 1.4826 of it is one standard deviation
where values are normally distributed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import median

from tools.metrics.port import Series

Points = Sequence[tuple[datetime, float | None]]

_BEGINNING = 1 / 3
"""Of a window, that its usual range is taken from."""
_LEAST_POINTS = 6
_FAR = 4.0
"""Deviations beyond which a value is not usual."""
_SIGMA = 1.4826
_LEAST_SPREAD = 0.05
"""Of the usual value: a series that hardly moves is not left by a hair."""
_LEAST_OF_ALL = 0.02
"""Of the greatest value, so that a step up from nothing has a size."""
_RATE_SECONDS = 120.0
"""Longer than most scrapes are apart: between two samples a counter stands still."""
_COUNTERS = ("_total", "_count", "_sum", "_bucket")


@dataclass(frozen=True, slots=True)
class Shape:
    """How a series went, told against its own beginning."""

    usual: tuple[float, float]
    """Least and greatest of the usual values."""
    left: datetime
    """Since when it is out of them."""
    back: datetime | None
    """Since when it is within them again."""
    worst: float
    """The value that is furthest out."""
    distance: float
    """How far that is, in deviations; what series are ordered by."""


def shape(points: Points) -> Shape | None:
    """None where the series stayed in its usual range, or is too short to have one."""
    finite = [(at, value) for at, value in points if value is not None]
    beginning = [value for _, value in finite[: int(len(finite) * _BEGINNING)]]
    if len(finite) < _LEAST_POINTS or not beginning:
        return None
    middle = median(beginning)
    greatest = max(abs(value) for _, value in finite)
    spread = max(
        _SIGMA * median(abs(value - middle) for value in beginning),
        _LEAST_SPREAD * abs(middle),
        _LEAST_OF_ALL * greatest,
    )
    if spread == 0:
        return None
    away = [(value - middle) / spread for _, value in finite]
    out = [abs(each) > _FAR for each in away]
    newest = len(out) - 1
    # One odd sample is a hiccup, unless it is the newest.
    lasting = (at for at in range(len(beginning), len(out)) if out[at] and out[min(at + 1, newest)])
    start = next(lasting, None)
    if start is None:
        return None
    furthest = max(range(start, len(away)), key=lambda at: abs(away[at]))
    usual = [value for value in beginning if abs(value - middle) <= _FAR * spread]
    end = max(at for at in range(start, len(out)) if out[at])
    return Shape(
        usual=(min(usual), max(usual)),
        left=finite[start][0],
        back=finite[end + 1][0] if end < newest else None,
        worst=finite[furthest][1],
        distance=abs(away[furthest]),
    )


def is_counter(series: Series) -> bool:
    """Whether it only counts up, by its name and by how it goes.

    Not by how it goes alone: a lag that grows does that too.
    """
    name = series.labels.get("__name__", "")
    values = [value for _, value in series.points if value is not None]
    if not name.endswith(_COUNTERS) or len(values) < 2:
        return False
    falls = [(a, b) for a, b in pairwise(values) if b < a]
    return all(b < a / 2 for a, b in falls) and len(falls) <= max(1, len(values) // 20)


def rates(points: Points) -> tuple[tuple[datetime, float | None], ...]:
    """What a counter counted in a second, over the two minutes before each point."""
    finite = [(at, value) for at, value in points if value is not None]
    counted = [0.0]
    for (_, before), (_, after) in pairwise(finite):
        # A counter that fell was set to nothing in between.
        counted.append(counted[-1] + (after - before if after >= before else after))
    made: list[tuple[datetime, float | None]] = []
    begin = 0
    for at in range(1, len(finite)):
        while begin + 1 < at and _seconds(finite, begin + 1, at) >= _RATE_SECONDS:
            begin += 1
        seconds = _seconds(finite, begin, at)
        if seconds >= _RATE_SECONDS or (not made and at == len(finite) - 1):
            made.append((finite[at][0], (counted[at] - counted[begin]) / seconds))
    return tuple(made)


def times(one: Shape) -> float | None:
    """How many times the usual the worst is; None where that says nothing."""
    middle = (one.usual[0] + one.usual[1]) / 2
    factor = one.worst / middle if middle > 0 else math.inf
    return factor if 1.5 <= factor < 10_000 else None


def _seconds(finite: Sequence[tuple[datetime, float]], begin: int, end: int) -> float:
    return (finite[end][0] - finite[begin][0]).total_seconds()
