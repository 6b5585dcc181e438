"""Freeze windows: times in which less may be done, once or every week."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AwareDatetime, Field, field_validator, model_validator

from bot.policy.facts import Radius
from bot.policy.selectors import Names
from tools.kit.types import Frozen

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = 24 * 60
_EDGE = r"(?P<{0}_day>\w{{3}}) (?P<{0}_hour>\d\d):(?P<{0}_minute>\d\d)"
_WEEKLY = re.compile(rf"{_EDGE.format('from')} ?[–-] ?{_EDGE.format('until')}")


class Freeze(Frozen):
    """One window. From its first minute, up to and without its last."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    since: AwareDatetime | None = Field(None, alias="from")
    until: AwareDatetime | None = None
    weekly: str | None = None
    """`Fri 18:00 – Mon 06:00`, by the clocks of `zone`."""
    zone: str | None = None
    """An IANA name: `Europe/Berlin`."""
    services: Names | None = None
    environments: Names | None = None
    then: Literal["deny", "ask", "escalate"] = "deny"
    reason: str = ""

    @field_validator("since", "until", mode="before")
    @classmethod
    def _is_written_as_a_time(cls, value: Any) -> Any:
        if value is not None and not isinstance(value, str | datetime):
            raise ValueError("write a time with its offset, as 2026-12-20T18:00:00Z")
        return value

    @field_validator("zone")
    @classmethod
    def _zone_is_known(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ZoneInfo(value)
            except (ZoneInfoNotFoundError, OSError, ValueError) as error:
                known = "write an IANA name such as Europe/Berlin or UTC"
                raise ValueError(f"no time zone {value!r}; {known}") from error
        return value

    @model_validator(mode="after")
    def _is_one_window(self) -> Self:
        if self.weekly is not None:
            if self.since or self.until:
                raise ValueError("write either 'weekly', or 'from' and 'until'")
            if self.zone is None:
                raise ValueError("a weekly window needs 'zone', such as Europe/Berlin")
            start, end = _edges(self.weekly)
            if start == end:
                raise ValueError(f"{self.weekly!r} begins where it ends")
        elif self.since is None or self.until is None:
            raise ValueError("write 'weekly' and 'zone', or 'from' and 'until'")
        elif self.zone is not None:
            raise ValueError("'zone' is for 'weekly'; 'from' and 'until' carry their own offset")
        elif self.since >= self.until:
            raise ValueError("'from' is not before 'until'")
        return self

    def holds(self, now: datetime, radius: Radius) -> bool:
        """Whether it is frozen now, for anything of what is touched."""
        named = (self.services, radius.services), (self.environments, radius.environments)
        if any(mine is not None and touched.isdisjoint(mine) for mine, touched in named):
            return False
        if self.weekly is not None and self.zone is not None:
            start, end = _edges(self.weekly)
            local = now.astimezone(ZoneInfo(self.zone))
            minute = local.weekday() * _DAY + local.hour * 60 + local.minute
            inside = start <= minute < end
            return inside if start < end else minute >= start or minute < end
        return self.since is not None and self.until is not None and self.since <= now < self.until

    @property
    def told(self) -> str:
        return self.reason or f"freeze {self.id!r} ({self.weekly or f'until {self.until}'})"


def _edges(weekly: str) -> tuple[int, int]:
    """Both ends in minutes since Monday 00:00. Raises ValueError."""
    found = _WEEKLY.fullmatch(weekly)
    if not found:
        raise ValueError(f"{weekly!r} is not written like 'Fri 18:00 – Mon 06:00'")
    return _minute(found, "from"), _minute(found, "until")


def _minute(found: re.Match[str], edge: str) -> int:
    day, hour, minute = (found[f"{edge}_{part}"] for part in ("day", "hour", "minute"))
    if day.lower() not in DAYS:
        raise ValueError(f"{day!r} is no day; write one of {', '.join(d.title() for d in DAYS)}")
    if int(hour) > 23 or int(minute) > 59:
        raise ValueError(f"{hour}:{minute} is no time of day; the last is 23:59")
    return DAYS.index(day.lower()) * _DAY + int(hour) * 60 + int(minute)
