"""PromQL's functions over ranges of samples, and the quantile of a histogram."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

Samples = list[tuple[float, float]]
RangeFunction = Callable[[Samples, float, float], float | None]
"""Samples, start and end of the range in seconds; None where there are too few samples."""


def _grown(samples: Samples, *, counter: bool) -> float:
    grown = samples[-1][1] - samples[0][1]
    if counter:
        # A counter that falls was reset: what it held before counts as well.
        grown += sum(
            before for (_, before), (_, after) in itertools.pairwise(samples) if after < before
        )
    return grown


def _extrapolated(samples: Samples, start: float, end: float, *, counter: bool) -> float | None:
    """Growth over the whole range, from the samples inside it, as Prometheus estimates it.

    The edges are filled up to half a sample interval where the range goes on well beyond the
    samples, and a counter is never extended to before it was zero.
    """
    if len(samples) < 2:
        return None
    covered = samples[-1][0] - samples[0][0]
    between = covered / (len(samples) - 1)
    before, after = samples[0][0] - start, end - samples[-1][0]
    grown = _grown(samples, counter=counter)
    if before > between * 1.1:
        before = between / 2
    if counter and grown > 0 and samples[0][1] >= 0:
        before = min(before, covered * samples[0][1] / grown)
    if after > between * 1.1:
        after = between / 2
    return grown * (covered + before + after) / covered


def _rate(samples: Samples, start: float, end: float) -> float | None:
    grown = _extrapolated(samples, start, end, counter=True)
    return None if grown is None else grown / (end - start)


def _irate(samples: Samples, start: float, end: float) -> float | None:
    if len(samples) < 2:
        return None
    (earlier, before), (later, after) = samples[-2:]
    return (after if after < before else after - before) / (later - earlier)


def _deriv(samples: Samples, start: float, end: float) -> float | None:
    if len(samples) < 2:
        return None
    mean_time = math.fsum(moment for moment, _ in samples) / len(samples)
    mean = math.fsum(value for _, value in samples) / len(samples)
    spread = math.fsum((moment - mean_time) ** 2 for moment, _ in samples)
    return math.fsum((moment - mean_time) * (value - mean) for moment, value in samples) / spread


RANGE_FUNCTIONS: dict[str, RangeFunction] = {
    "rate": _rate,
    "irate": _irate,
    "increase": lambda samples, start, end: _extrapolated(samples, start, end, counter=True),
    "delta": lambda samples, start, end: _extrapolated(samples, start, end, counter=False),
    "deriv": _deriv,
    "avg_over_time": lambda samples, *_: math.fsum(v for _, v in samples) / len(samples),
    "sum_over_time": lambda samples, *_: math.fsum(v for _, v in samples),
    "max_over_time": lambda samples, *_: max(v for _, v in samples),
    "min_over_time": lambda samples, *_: min(v for _, v in samples),
    "last_over_time": lambda samples, *_: samples[-1][1],
    "count_over_time": lambda samples, *_: float(len(samples)),
}


def histogram_quantile(
    quantile: float, vector: list[tuple[dict[str, str], float]]
) -> list[tuple[dict[str, str], float]]:
    """The quantile within each group of `le` buckets, straight between the bucket's edges."""
    groups: dict[tuple[tuple[str, str], ...], list[tuple[float, float]]] = {}
    for labels, value in vector:
        if "le" in labels:
            rest = {k: v for k, v in labels.items() if k not in ("le", "__name__")}
            edge = math.inf if labels["le"] == "+Inf" else float(labels["le"])
            groups.setdefault(tuple(sorted(rest.items())), []).append((edge, value))
    return [(dict(key), _quantile(quantile, sorted(rows))) for key, rows in groups.items()]


def _quantile(quantile: float, buckets: list[tuple[float, float]]) -> float:
    total = buckets[-1][1]
    if not math.isinf(buckets[-1][0]) or len(buckets) < 2 or total == 0 or math.isnan(quantile):
        return math.nan
    if not 0 <= quantile <= 1:
        return math.copysign(math.inf, quantile - 0.5)
    lower, below = 0.0, 0.0
    for edge, count in buckets:
        if count >= quantile * total:
            if math.isinf(edge):
                return lower
            share = (quantile * total - below) / (count - below) if count > below else 0.0
            return lower + (edge - lower) * share
        lower, below = edge, count
    return lower
