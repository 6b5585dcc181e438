"""The ledger and the inbox without a server, for thousands of short lives: the same promises as on
Valkey, held to them by the same tests.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import count

from bot.domain.chain import chained
from bot.domain.controls import Resumed, Stopped
from bot.domain.events import IncidentEvent, WorkEvent, dump
from bot.domain.incident import Incident
from bot.domain.ports import (
    Claim,
    Clock,
    ConflictError,
    Failure,
    Holder,
    LeaseLostError,
    LimitReachedError,
    NotConfirmedError,
    Reservation,
)
from bot.domain.values import Alert
from bot.domain.work import Work, next_work
from tests.fakes.memory_controls import MemoryControls


class MemoryLedger:
    """Commits between two awaits, so whole or absent. What it holds outlives whoever used it."""

    def __init__(self, clock: Clock, controls: MemoryControls) -> None:
        """`clock` is the server's own: that of a worker may be wrong."""
        self._clock = clock
        self._controls = controls
        self._ids = count(1)
        self._tokens = count(1)
        self._incidents: dict[str, Incident] = {}
        self._decisions: dict[str, list[IncidentEvent]] = defaultdict(list)
        self._work: dict[str, list[WorkEvent]] = defaultdict(list)
        self._due: dict[str, datetime] = {}
        self._holders: dict[str, Holder] = {}
        self._leases: dict[str, tuple[str, datetime]] = {}
        self._taken: dict[str, list[datetime]] = defaultdict(list)
        self._failures: dict[str, int] = defaultdict(int)
        self.told: list[Callable[[str, Sequence[IncidentEvent]], None]] = []
        """Called in the instant of each commit."""
        self.frozen = False
        """Whoever has it is dead: it lets go of no lease any more."""
        self.unsure = False
        """The disk doesn't confirm: what is committed under a reservation is there, and nobody is
        told that it will last."""

    async def new_id(self) -> str:
        return f"INC-{next(self._ids)}"

    async def load(self, incident_id: str) -> Incident:
        return self._incidents.get(incident_id) or Incident(id=incident_id)

    async def decisions(self, incident_id: str) -> list[IncidentEvent]:
        return list(self._decisions[incident_id])

    async def work(self, incident_id: str) -> list[WorkEvent]:
        return list(self._work[incident_id])

    async def commit(
        self,
        before: Incident,
        events: Sequence[IncidentEvent],
        *,
        reservation: Reservation | None = None,
        claims: Sequence[Claim] = (),
        failures: Sequence[Failure] = (),
        controls: Sequence[Stopped | Resumed] = (),
    ) -> Incident:
        stored = self._incidents.get(before.id) or Incident(id=before.id)
        if stored.version != before.version:
            raise ConflictError(f"{before.id}: version is {stored.version}")
        if stored.head != before.head:
            raise ConflictError(f"{before.id}: the head is {stored.head}")
        for claim in claims:
            held = self._holders.get(claim.fingerprint)
            if not claim.release and held and held.open and held.incident != before.id:
                raise ConflictError(f"{claim.fingerprint} is held by {held.incident}")
        if reservation:
            self._reserve(reservation)
        after = before
        for event in events:
            after = after.evolve(event)
        entry = chained(before.id, before.head, before.version + 1, dump(events), None)
        after = after.model_copy(update={"version": entry.version, "head": entry.hash})
        self._incidents[before.id] = after
        self._decisions[before.id] += events
        self._wait_for(before, after)
        for claim in claims:
            self._claim(before.id, claim)
        for control in controls:
            self._controls.record(control)
        for failure in failures:
            tripped = self._controls.count(failure)
            self._work[before.id] += [tripped] if tripped else []
        for tell in self.told:
            tell(before.id, events)
        if self.unsure and reservation:
            raise NotConfirmedError("the disk didn't confirm the commit within 2 s")
        return after

    def _reserve(self, reservation: Reservation) -> None:
        if not self._holds(reservation.lease, reservation.token):
            raise LeaseLostError("lease lost")
        self._controls.require(reservation)
        now = self._clock()
        for limit in reservation.limits:
            since = now - timedelta(seconds=limit.seconds)
            if len([at for at in self._taken[limit.key] if at > since]) >= limit.count:
                raise LimitReachedError(f"limit reached: {limit.text}")
        for limit in reservation.limits:
            self._taken[limit.key].append(now)

    def _wait_for(self, before: Incident, after: Incident) -> None:
        waited = {work.key for work in next_work(before)}
        waits = {work.key: work.due for work in next_work(after)}
        for key in waited - waits.keys():
            self._due.pop(key, None)
        for key in waits.keys() - waited:
            self._due.setdefault(key, waits[key])

    def _claim(self, incident_id: str, claim: Claim) -> None:
        held = self._holders.get(claim.fingerprint)
        if not claim.release:
            self._holders[claim.fingerprint] = Holder(
                incident=incident_id, starts_at=claim.starts_at, open=True
            )
        elif held:
            self._holders[claim.fingerprint] = held.model_copy(
                update={"open": False, "starts_at": claim.starts_at}
            )

    async def note(self, incident_id: str, *events: WorkEvent) -> None:
        self._work[incident_id] += events

    async def holder(self, fingerprint: str) -> Holder | None:
        return self._holders.get(fingerprint)

    async def open_incidents(self) -> list[str]:
        return [i for i, incident in self._incidents.items() if incident.resolved_at is None]

    async def recent_incidents(self, count: int) -> list[str]:
        return list(self._incidents)[::-1][:count]

    async def due(self, now: datetime, count: int) -> list[Work]:
        waiting = sorted((at, key) for key, at in self._due.items() if at <= now)
        return [Work.parse(key, at) for at, key in waiting[:count]]

    async def defer(self, work: Work, until: datetime) -> None:
        if work.key in self._due:
            self._due[work.key] = until

    async def failed(self, work: Work) -> int:
        self._failures[work.key] += 1
        return self._failures[work.key]

    async def acquire(self, lease: str, seconds: float) -> str | None:
        held = self._leases.get(lease)
        if held and self._clock() < held[1]:
            return None
        token = f"token-{next(self._tokens)}"
        self._leases[lease] = (token, self._clock() + timedelta(seconds=seconds))
        return token

    async def release(self, lease: str, token: str) -> None:
        if self._holds(lease, token) and not self.frozen:
            del self._leases[lease]

    async def extend(self, lease: str, token: str, seconds: float) -> bool:
        if not self._holds(lease, token):
            return False
        self._leases[lease] = (token, self._clock() + timedelta(seconds=seconds))
        return True

    def _holds(self, lease: str, token: str) -> bool:
        held, until = self._leases.get(lease, ("", self._clock()))
        return bool(token) and held == token and self._clock() < until


class MemoryInbox:
    """Keeps what was put until it is done."""

    def __init__(self) -> None:
        self._ids = count(1)
        self._entries: dict[str, Alert] = {}
        self._delivered: set[str] = set()

    async def put(self, alerts: Sequence[Alert], once: str = "") -> None:
        if once in self._delivered:
            return
        self._delivered |= {once} if once else set()
        self._entries |= {str(next(self._ids)): alert for alert in alerts}

    async def take(self, count: int, wait_seconds: float) -> list[tuple[str, Alert]]:
        return list(self._entries.items())[:count]

    async def done(self, entry_id: str) -> None:
        self._entries.pop(entry_id, None)


class Memory:
    """One store in memory: what a Valkey is to those who share it."""

    def __init__(self, clock: Clock) -> None:
        self.controls = MemoryControls(clock)
        self.ledger = MemoryLedger(clock, self.controls)
        self.inbox = MemoryInbox()
