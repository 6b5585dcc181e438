"""What any store of measurements answers: the series of an expression in a window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tools.kit.integration import Backend
from tools.kit.tool import Context


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a graph."""

    labels: Mapping[str, str]
    points: tuple[tuple[datetime, float | None], ...]
    """In order of time. None where the sample was NaN or infinite."""


@dataclass(frozen=True, slots=True)
class Samples:
    series: tuple[Series, ...]
    query: str
    """The exact request."""
    url: str | None = None
    warnings: tuple[str, ...] = ()
    """What the store says about its own answer, such as a part it could not reach."""


class MetricStore(Backend, Protocol):
    """Where measurements are kept."""

    async def query(self, query: str, start: datetime, end: datetime, ctx: Context) -> Samples:
        """Evaluate over the window, or at one moment where `start` is `end`.

        Raises InvalidCall, Unavailable or Refused. Nothing found is Samples without series.
        """
