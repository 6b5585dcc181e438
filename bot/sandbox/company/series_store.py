"""The sample company's time series: samples in memory, oldest first, thinned with age."""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

KEPT_SECONDS = 7 * 3600
FINE_SECONDS = 600
COARSE_STEP = 15.0
TIDY_EVERY = 2400
"""Samples of one series between two thinnings: 20 minutes of scraping."""


@dataclass
class Series:
    """One metric with its labels (`__name__` among them) and its samples."""

    labels: dict[str, str]
    times: array[float] = field(default_factory=lambda: array("d"))
    values: array[float] = field(default_factory=lambda: array("d"))
    _since_tidy: int = 0

    def append(self, at: float, value: float) -> None:
        if self.times and at <= self.times[-1]:
            return
        self.times.append(at)
        self.values.append(value)
        self._since_tidy += 1
        if self._since_tidy >= TIDY_EVERY:
            self._tidy(at)

    def window(self, start: float, end: float) -> list[tuple[float, float]]:
        """The samples with start < time <= end."""
        first, last = bisect_right(self.times, start), bisect_right(self.times, end)
        return list(zip(self.times[first:last], self.values[first:last], strict=True))

    def rewrite(self, samples: list[tuple[float, float]]) -> None:
        """Put these samples, in order of time, in the place of all that lie between them."""
        first = bisect_left(self.times, samples[0][0])
        last = bisect_right(self.times, samples[-1][0])
        self.times[first:last] = array("d", (moment for moment, _ in samples))
        self.values[first:last] = array("d", (value for _, value in samples))

    def _tidy(self, now: float) -> None:
        self._since_tidy = 0
        kept_times, kept_values = array("d"), array("d")
        for moment, value in zip(self.times, self.values, strict=True):
            age = now - moment
            coarse = not kept_times or moment - kept_times[-1] >= COARSE_STEP
            if age < FINE_SECONDS or (age < KEPT_SECONDS and coarse):
                kept_times.append(moment)
                kept_values.append(value)
        self.times, self.values = kept_times, kept_values


class SeriesStore:
    """All series by their labels, and what is known of each metric (type, help)."""

    def __init__(self) -> None:
        self._series: dict[frozenset[tuple[str, str]], Series] = {}
        self.metadata: dict[str, tuple[str, str]] = {}

    def __iter__(self) -> Iterator[Series]:
        return iter(self._series.values())

    def named(self, name: str | None) -> Iterator[Series]:
        return (one for one in self if name is None or one.labels["__name__"] == name)

    def series(self, name: str, labels: Mapping[str, str]) -> Series:
        """The series of these labels, made if it is new."""
        full = {"__name__": name, **labels}
        key = frozenset(full.items())
        if key not in self._series:
            self._series[key] = Series(full)
        return self._series[key]

    def put(
        self, name: str, labels: Mapping[str, str], value: float, at: float | None = None
    ) -> None:
        self.series(name, labels).append(time.time() if at is None else at, value)
