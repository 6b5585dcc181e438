"""Slack's message timestamps: `seconds.micros`, unique and rising."""

from __future__ import annotations

import re
import time

_SHAPE = re.compile(r"^\d{10}\.\d{6}$")


def is_timestamp(value: str) -> bool:
    """Whether this is a message timestamp as Slack writes it."""
    return bool(_SHAPE.match(value))


class TimestampClock:
    """Hands out timestamps, each later than every one before it."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> str:
        """A fresh timestamp, at or just after the present moment."""
        self._last = max(self._last + 1, time.time_ns() // 1000)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"

    def saw(self, ts: str) -> None:
        """Stay later than this timestamp, which came from an earlier run."""
        seconds, _, micros = ts.partition(".")
        self._last = max(self._last, int(seconds) * 1_000_000 + int(micros or 0))
