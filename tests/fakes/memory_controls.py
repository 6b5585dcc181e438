"""Stops and breakers without a server, as the ledger in memory heeds, counts and records them."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from bot.domain.controls import BreakerReset, ControlEvent, Resumed, Stopped
from bot.domain.events import BreakerTripped
from bot.domain.ports import BreakerOpenError, Clock, Failure, Reservation, StoppedError


class MemoryControls:
    """What stops stays stopped until somebody resumes it. `clock` is the server's own."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._stops: dict[str, Stopped] = {}
        self._breakers: dict[str, BreakerTripped] = {}
        self._history: list[ControlEvent] = []
        self._failed: dict[str, dict[str, float]] = defaultdict(dict)
        """Service → key of an action → when it failed, seconds since the epoch."""

    async def stop(self, stop: Stopped) -> Stopped:
        if stop.scope not in self._stops:
            self.record(stop)
        return self._stops[stop.scope]

    async def resume(self, resumed: Resumed) -> Stopped | None:
        stood = self._stops.get(resumed.scope)
        if stood:
            self.record(resumed)
        return stood

    async def stopped(self) -> dict[str, Stopped]:
        return dict(self._stops)

    async def tripped(self) -> dict[str, BreakerTripped]:
        return dict(self._breakers)

    async def reset(self, reset: BreakerReset) -> BreakerTripped | None:
        opened = self._breakers.pop(reset.scope, None)
        if opened:
            self._failed.pop(reset.scope, None)
            self._history.append(reset)
        return opened

    async def history(self) -> list[ControlEvent]:
        return list(self._history)

    def require(self, reservation: Reservation) -> None:
        """Raises where a scope is stopped or a breaker is open."""
        for scope in reservation.switches:
            if scope in self._stops:
                raise StoppedError(self._stops[scope])
        for service in reservation.breakers:
            if service in self._breakers:
                raise BreakerOpenError(service)

    def record(self, control: Stopped | Resumed) -> None:
        """Set or lift a stop, whatever stood there."""
        if isinstance(control, Stopped):
            self._stops[control.scope] = control
        else:
            self._stops.pop(control.scope, None)
        self._history.append(control)

    def count(self, failure: Failure) -> BreakerTripped | None:
        """One more failed action; what to tell where that trips the breaker."""
        service, now = failure.trip.scope, self._clock()
        since = (now - timedelta(seconds=failure.seconds)).timestamp()
        kept = {key: at for key, at in self._failed[service].items() if at > since}
        kept.setdefault(failure.action, now.timestamp())
        self._failed[service] = kept
        if len(kept) < failure.count or service in self._breakers:
            return None
        self._breakers[service] = failure.trip
        self._history.append(failure.trip)
        return failure.trip
