"""A reservation as the commit script is told it, and what the script's refusal means."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from bot.adapters import keys
from bot.domain.controls import Stopped
from bot.domain.ports import (
    BreakerOpenError,
    LeaseLostError,
    Limit,
    LimitReachedError,
    NotReservedError,
    Reservation,
    StoppedError,
)

_DAY_SECONDS = 86_400


def request(reservation: Reservation) -> dict[str, Any]:
    """What the script is to check and to take."""
    return {
        "lease": keys.lease(reservation.lease),
        "token": reservation.token,
        "switches": reservation.switches,
        "breakers": reservation.breakers,
        "limits": [
            {
                "key": keys.limit(limit.key),
                "count": limit.count,
                "milliseconds": int(limit.seconds * 1000),
            }
            for limit in reservation.limits
        ],
    }


def refusal(reservation: Reservation, kind: str, detail: str, *more: str) -> NotReservedError:
    """What the script's answer means."""
    match kind:
        case "stopped":
            return _stopped(detail)
        case "tripped":
            return BreakerOpenError(detail)
        case "limit":
            return _reached(reservation.limits[int(detail) - 1], *more)
        case _:
            lost = detail == "lease lost"
            return LeaseLostError(detail) if lost else NotReservedError(detail)


def _stopped(body: str) -> NotReservedError:
    try:
        return StoppedError(Stopped.model_validate_json(body))
    except ValidationError:
        return NotReservedError(f"the stop switch is set and holds {body!r}, which can't be read")


def _reached(limit: Limit, fault: str, free_at: str = "") -> NotReservedError:
    """`free_at`: milliseconds since the epoch, by the server's clock."""
    if fault:
        return NotReservedError(f"limit {limit.text} can't be read: {fault}")
    free = datetime.fromtimestamp(int(free_at) / 1000, UTC).astimezone()
    form = "%H:%M" if limit.seconds < _DAY_SECONDS else "%d %b %H:%M"
    return LimitReachedError(f"limit reached: {limit.text}; the next is free at {free:{form}}")
