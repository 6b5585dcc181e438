"""The sample company's log lines, in daily indices, oldest first."""

from __future__ import annotations

import fnmatch
import itertools
import time
from bisect import insort
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.sandbox.company.instant import iso

MOST_LINES = 50_000


@dataclass(frozen=True)
class Line:
    """One stored document; `at` in seconds since the epoch, `source` what a search gives back."""

    number: int
    index: str
    at: float
    source: dict[str, Any]

    @property
    def id(self) -> str:
        return f"acme-{self.number:08d}"


class LogStore:
    """Holds the newest lines of all services, ordered by their time."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._numbers = itertools.count(1)

    def append(self, service: str, level: str, message: str, **fields: Any) -> None:
        """Store a line; `at` (seconds since the epoch) among the fields, else it is of now."""
        at = float(fields.pop("at", None) or time.time())
        source = {
            "@timestamp": iso(at),
            "service": service,
            "level": level,
            "message": message,
            "environment": "production",
            **fields,
        }
        day = datetime.fromtimestamp(at, UTC)
        line = Line(next(self._numbers), f"logs-acme-{day:%Y.%m.%d}", at, source)
        insort(self.lines, line, key=lambda stored: stored.at)
        if len(self.lines) > MOST_LINES:
            del self.lines[: MOST_LINES // 10]

    def indices(self) -> set[str]:
        """Today's index is always there, whether or not a line was written."""
        return {f"logs-acme-{datetime.now(UTC):%Y.%m.%d}", *(line.index for line in self.lines)}

    def within(self, expression: str) -> list[Line]:
        """The lines of an index expression (`a,b*`); KeyError names a concrete index not there."""
        patterns = ["*" if part in ("_all", "") else part for part in expression.split(",")]
        there = self.indices()
        for pattern in patterns:
            if "*" not in pattern and pattern not in there:
                raise KeyError(pattern)
        chosen = {
            index
            for index in there
            if any(fnmatch.fnmatchcase(index, pattern) for pattern in patterns)
        }
        return [line for line in self.lines if line.index in chosen]
