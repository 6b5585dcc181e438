"""Carries a command to the ledger: load, decide, commit, and again if the race was lost."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.decide import decide
from bot.domain.incident import Incident
from bot.domain.ports import Claim, Clock, ConflictError, Ledger, Queue, Reservation
from bot.domain.work import next_work

log = logging.getLogger(__name__)
_TRIES = 50
ENQUEUE_AGAIN = timedelta(seconds=15)
"""Work that was enqueued and is still waited for after this long is enqueued once more."""


class Incidents:
    """The only writer of decisions."""

    def __init__(
        self, ledger: Ledger, queue: Queue, clock: Clock, *, oncall: tuple[str, ...]
    ) -> None:
        """`oncall`: user ids and group handles to call when an incident needs a person."""
        self.ledger = ledger
        self.clock = clock
        self.oncall = oncall
        self._queue = queue

    async def handle(
        self,
        incident_id: str,
        command: c.Command | Callable[[Incident], c.Command],
        *,
        reservation: Reservation | None = None,
        claims: Sequence[Claim] = (),
    ) -> Incident:
        """The incident after `command`; unchanged where it had nothing to say.

        Raises CommandRefusedError, NotReservedError, or ConflictError after 50 lost races.
        """
        for attempt in range(_TRIES):
            before = await self.ledger.load(incident_id)
            ready = command(before) if callable(command) else command
            ready = ready.model_copy(update={"oncall": self.oncall})
            events = decide(before, ready)
            if not events:
                return before
            try:
                after = await self.ledger.commit(
                    before,
                    events,
                    reservation=reservation,
                    claims=[*claims, *_released(before, events)],
                )
            except ConflictError:
                if attempt == _TRIES - 1:
                    raise
                continue
            for event in events:
                log.info("%s %s by %s", incident_id, event.type, event.actor)
            await self._enqueue(before, after)
            return after
        raise AssertionError("unreachable")

    async def _enqueue(self, before: Incident, after: Incident) -> None:
        """Hint the queue at once of what this commit made due; the sweeper does it again if this
        is lost. What was waited for already keeps its own time."""
        now = self.clock()
        waited = {work.key for work in next_work(before)}
        due = [w for w in next_work(after) if w.due <= now and w.key not in waited]
        try:
            for work in due:
                await self.ledger.defer(work, now + ENQUEUE_AGAIN)
            await self._queue.enqueue(due)
        except Exception:
            log.exception("%s: could not enqueue; the sweeper will", after.id)


def _released(incident: Incident, events: Sequence[e.IncidentEvent]) -> list[Claim]:
    """A resolved incident lets go of every alert it held."""
    if not any(isinstance(event, e.IncidentResolved) for event in events):
        return []
    for event in events:
        incident = incident.evolve(event)
    return [
        Claim(fingerprint=a.fingerprint, starts_at=a.starts_at, release=True)
        for a in incident.alerts.values()
    ]
