"""Quiet hours: when a person is not to be woken, in their own time zone."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tools.kit.types import Frozen

_CLOCK = r"([01]?\d|2[0-3]):([0-5]\d)"
_HOURS = re.compile(rf"{_CLOCK}\s*[-–—]\s*{_CLOCK}")


class QuietHoursError(ValueError):
    """Says what to type."""


class Quiet(Frozen):
    """From `begins` until `ends`, through midnight where that is earlier."""

    begins: time
    ends: time
    zone: str = "UTC"
    """As Slack names it, `Europe/Berlin`."""
    offset_seconds: int = 0
    """What Slack said the zone is off UTC, for a machine that doesn't know its name."""

    @classmethod
    def parse(cls, text: str, zone: str = "UTC", offset_seconds: int = 0) -> Quiet:
        """`22:00-07:00`. Raises QuietHoursError."""
        found = _HOURS.fullmatch(text.strip())
        if found is None:
            raise QuietHoursError(f"{text!r} are no hours: type them as `22:00-07:00`, or `off`")
        begins, ends = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
        if begins == ends:
            raise QuietHoursError(f"{text!r} would be quiet always or never: type `22:00-07:00`")
        return cls(begins=begins, ends=ends, zone=zone, offset_seconds=offset_seconds)

    def holds(self, now: datetime) -> bool:
        """Whether it is quiet at `now`, which is aware of its zone."""
        at = now.astimezone(self._zone).time()
        if self.begins < self.ends:
            return self.begins <= at < self.ends
        return at >= self.begins or at < self.ends

    def __str__(self) -> str:
        return f"{self.begins:%H:%M}-{self.ends:%H:%M}"

    @property
    def _zone(self) -> tzinfo:
        try:
            return ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError):
            return timezone(timedelta(seconds=self.offset_seconds))
