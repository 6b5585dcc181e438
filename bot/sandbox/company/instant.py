"""Moments as the vendors write them: ISO 8601 in UTC."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def iso(seconds: float | None = None, *, digits: int = 3) -> str:
    """An instant (seconds since the epoch, now if none) such as `2026-11-23T01:47:03.120Z`."""
    moment = datetime.fromtimestamp(time.time() if seconds is None else seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06d}"[: 20 + digits] + "Z"


def from_iso(text: str) -> float:
    """Seconds since the epoch; ValueError where `text` is no ISO 8601 instant. No zone is UTC."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
