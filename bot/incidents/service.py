"""Carries a command to the ledger: load, decide, commit, and again if the race was lost."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.breaker import failed_actions
from bot.domain.controls import Resumed, Stopped
from bot.domain.crashpoints import crashpoint
from bot.domain.decide import decide
from bot.domain.incident import Incident
from bot.domain.ports import Claim, Clock, ConflictError, Failure, Ledger, Queue, Reservation
from bot.domain.work import next_work
from bot.incidents.pace import NORMAL, Pace
from bot.policy.limits import words
from bot.policy.rules import Breaker

log = logging.getLogger(__name__)
_TRIES = 50


class Incidents:
    """The only writer of decisions."""

    def __init__(
        self,
        ledger: Ledger,
        queue: Queue,
        clock: Clock,
        *,
        oncall: tuple[str, ...],
        breaker: Breaker,
        pace: Pace = NORMAL,
    ) -> None:
        """`oncall`: user ids and group handles to call when an incident needs a person."""
        self.ledger = ledger
        self.clock = clock
        self.oncall = oncall
        self.pace = pace
        self._queue = queue
        self._breaker = breaker

    async def handle(
        self,
        incident_id: str,
        command: c.Command | Callable[[Incident], c.Command],
        *,
        reservation: Reservation | None = None,
        claims: Sequence[Claim] = (),
    ) -> Incident:
        """The incident after `command`; unchanged where it had nothing to say.

        Raises CommandRefusedError, NotReservedError, NotConfirmedError, or ConflictError after 50
        lost races.
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
                    failures=self._failures(before, events),
                    controls=_controls(before, events),
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

    def _failures(self, before: Incident, events: Sequence[e.IncidentEvent]) -> list[Failure]:
        """What the breakers count of this commit, with the words for the one that trips."""
        most, per = self._breaker.failures, words(self._breaker.per)
        many = "1 action" if most == 1 else f"{most} actions"
        return [
            Failure(
                action=action,
                count=most,
                seconds=self._breaker.seconds,
                trip=e.BreakerTripped(
                    at=events[-1].at,
                    actor="opsbot",
                    scope=service,
                    reason=f"{many} failed or were undone within {per}, the last in {before.id}",
                ),
            )
            for service, action in failed_actions(before, events)
        ]

    async def _enqueue(self, before: Incident, after: Incident) -> None:
        """Hint the queue at once of what this commit made due; the sweeper does it again if this
        is lost. What was waited for already keeps its own time."""
        now = self.clock()
        waited = {work.key for work in next_work(before)}
        due = [w for w in next_work(after) if w.due <= now and w.key not in waited]
        try:
            for work in due:
                await self.ledger.defer(work, now + self.pace.enqueue_again)
            if due:
                crashpoint("A2")
                await self._queue.enqueue(due)
                crashpoint("Q1")
        except Exception:
            log.exception("%s: could not enqueue; the sweeper will", after.id)


def _controls(before: Incident, events: Sequence[e.IncidentEvent]) -> list[Stopped | Resumed]:
    """The incident's own stop goes with the decision that sets or lifts it, and with its end."""
    found: list[Stopped | Resumed] = []
    for event in events:
        by: dict[str, Any] = {"at": event.at, "actor": event.actor, "scope": before.id}
        match event:
            case e.IncidentStopped(name=name, reason=reason):
                found.append(Stopped(**by, name=name, reason=reason))
            case e.IncidentResumed(name=name, reason=reason):
                found.append(Resumed(**by, name=name, reason=reason))
            case e.IncidentResolved() if before.stop:
                found.append(Resumed(**by, name="opsbot", reason=f"{before.id} is resolved"))
    return found


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
