"""Elasticsearch's dates: `now-30m`, `now/d`, `2026-11-23T01:47:00Z||-1h`, epoch milliseconds."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

from bot.sandbox.company.instant import from_iso

SECONDS = {"s": 1, "m": 60, "h": 3600, "H": 3600, "d": 86400, "w": 604800}
_STEP = re.compile(r"([+-])(\d+)([smhHdw])|/([smhHd])")


def moment(value: object) -> float:
    """Seconds since the epoch; ValueError where it is no date that Elasticsearch would take."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        value = str(value)
    if not isinstance(value, str):
        return value / 1000
    if value.isdigit() and len(value) > 8:
        return int(value) / 1000
    anchor, math = ("now", value[3:]) if value.startswith("now") else _split(value)
    try:
        base = time.time() if anchor == "now" else from_iso(anchor)
    except ValueError:
        raise ValueError(
            f"failed to parse date field [{value}] with format "
            "[strict_date_optional_time||epoch_millis]"
        ) from None
    return _walk(base, math)


def _split(value: str) -> tuple[str, str]:
    anchor, _, math = value.partition("||")
    return anchor, math


def _walk(at: float, math: str) -> float:
    place = 0
    while place < len(math):
        step = _STEP.match(math, place)
        if step is None:
            raise ValueError(f"operator not supported for date math [{math}]")
        sign, amount, unit, rounding = step.groups()
        if rounding:
            at -= at % SECONDS[rounding]
        else:
            at += (1 if sign == "+" else -1) * int(amount) * SECONDS[unit]
        place = step.end()
    return at


def bucket_key(at: float, seconds: float) -> tuple[int, str]:
    """The start of the interval `at` lies in: epoch milliseconds, and as text."""
    start = int(at - at % seconds)
    return start * 1000, f"{datetime.fromtimestamp(start, UTC):%Y-%m-%dT%H:%M:%S.000Z}"
