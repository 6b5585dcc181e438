"""Series in words: what left its usual range first, what stayed calm in short."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from tools.kit.excerpt import cut
from tools.kit.quantity import Unit, show
from tools.metrics.port import Series
from tools.metrics.shape import Points, Shape, is_counter, rates, shape, times

_SAMPLES_SHOWN = 12
_ODDEST_CHARS = 120


class Read:
    """A series as it is told: a counter by what it counts in a second."""

    def __init__(self, series: Series) -> None:
        self.series = series
        self.counter = is_counter(series)
        self.points: Points = rates(series.points) if self.counter else series.points

    @cached_property
    def shape(self) -> Shape | None:
        return shape(self.points)

    @property
    def distance(self) -> float:
        return self.shape.distance if self.shape else 0.0

    @property
    def name(self) -> str:
        return self.series.labels.get("__name__", "")


def span(points: Points, unit: Unit, per: str = "") -> str:
    """First and last, least and greatest; `per` follows each number."""
    if not points:
        return "no value"
    finite = [value for _, value in points if value is not None]
    last = show(points[-1][1], unit) + per
    if len(points) == 1:
        return last
    least, greatest = (show(f(finite, default=None), unit) + per for f in (min, max))
    return f"{show(points[0][1], unit)}{per} → {last} (min {least}, max {greatest})"


def summaries(read: Sequence[Read], warnings: Sequence[str], unit: Unit) -> Iterator[str]:
    """Lines, the oddest series first; of a single one, some samples as well."""
    for warning in warnings:
        yield f"warning: {warning}"
    counted = {one.name.removesuffix("_count") for one in read if one.name.endswith("_count")}
    told = [one for one in read if one.name.removesuffix("_bucket") not in counted] or list(read)
    common = _common(told) if len(told) > 1 else {}
    if common:
        yield "all with " + _inner(common)
    for one in sorted(told, key=lambda each: -each.distance):
        yield f"{_labels(one.series, common)}: {_told(one, unit, alone=len(told) == 1)}"
    if len(told) < len(read):
        yield f"{len(read) - len(told)} histogram buckets left out: use histogram_quantile()"
    if len(read) == 1 and len(read[0].points) > 1:
        points = read[0].points
        stride = max(1, len(points) // _SAMPLES_SHOWN)
        for at, value in points[::-stride][::-1]:
            yield f"  {at:%H:%M:%S} {show(value, unit)}{_per(read[0])}"


def oddest(read: Sequence[Read], unit: Unit) -> str | None:
    """The series that left its usual range furthest, in one line."""
    one = max(read, key=lambda each: each.distance, default=None)
    if one is None or one.shape is None:
        return None
    labels = _labels(one.series, _common(read) if len(read) > 1 else {})
    return cut(f"{labels} {_left(one.shape, unit, _per(one))}", _ODDEST_CHARS)


def _told(one: Read, unit: Unit, *, alone: bool) -> str:
    if alone or one.shape:
        text = span(one.points, unit, _per(one))
        return f"{text}; {_left(one.shape, unit, _per(one))}" if one.shape else text
    finite = [value for _, value in one.points if value is not None]
    last = show(one.points[-1][1] if one.points else None, unit) + _per(one)
    if not finite or min(finite) == max(finite):
        return last
    return f"{last} ({show(min(finite), unit)}–{show(max(finite), unit)})"


def _left(one: Shape, unit: Unit, per: str) -> str:
    low, high = (show(value, unit) for value in one.usual)
    usual = low if low == high else f"{low}–{high}"
    factor = times(one)
    much = f" (×{factor:.3g})" if factor else ""
    back = f", back at {one.back:%H:%M:%S}" if one.back else ""
    worst = show(one.worst, unit)
    return f"usually {usual}{per}, {worst}{per}{much} from {one.left:%H:%M:%S}{back}"


def _per(one: Read) -> str:
    return "/s" if one.counter else ""


def _common(read: Sequence[Read]) -> dict[str, str]:
    """Labels that all of them share, but for the name."""
    shared = set.intersection(*(set(one.series.labels.items()) for one in read))
    return dict(sorted(pair for pair in shared if pair[0] != "__name__"))


def _labels(series: Series, without: dict[str, str]) -> str:
    labels = {k: v for k, v in series.labels.items() if k not in without}
    name = labels.pop("__name__", "")
    inner = _inner(labels)
    return f"{name}{{{inner}}}" if inner or not name else name


def _inner(labels: dict[str, str]) -> str:
    return ", ".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
