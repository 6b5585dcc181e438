"""What the use cases need of the outside, as protocols."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

from bot.domain.events import IncidentEvent, WorkEvent
from bot.domain.incident import Incident
from bot.domain.values import Alert, Diagnosis, PlanDraft, Thread, Words
from bot.domain.work import Work
from tools.kit.types import Frozen


class Clock(Protocol):
    def __call__(self) -> datetime:
        """Now, in UTC."""


class Limit(Frozen):
    """At most `count` in any `seconds`, counted under `key`."""

    key: str
    count: int
    seconds: float


class Reservation(Frozen):
    """What must be free in the same instant in which an action starts."""

    lease: str
    """Name of the lease the worker holds."""
    token: str
    switches: tuple[str, ...] = ()
    """Stop switches and breakers that must not be set."""
    limits: tuple[Limit, ...] = ()


class Claim(Frozen):
    """A fingerprint that this commit takes for its incident, or lets go."""

    fingerprint: str
    starts_at: datetime
    release: bool = False


class ConflictError(Exception):
    """Someone else committed first. Load and decide again."""


class NotReservedError(Exception):
    """The action may not start: stale lease, stop switch, breaker or limit. Says which."""


class LeaseLostError(NotReservedError):
    """Another worker may do it now; this one has nothing left to say."""


class Holder(Frozen):
    """Who holds a fingerprint, or held it last."""

    incident: str
    starts_at: datetime
    open: bool


class Ledger(Protocol):
    """The one record. Decisions are versioned; work is appended."""

    async def new_id(self) -> str:
        """A fresh incident id, `INC-<n>`."""

    async def load(self, incident_id: str) -> Incident:
        """Its state now; one that does not exist has version 0."""

    async def decisions(self, incident_id: str) -> list[IncidentEvent]: ...

    async def work(self, incident_id: str) -> list[WorkEvent]: ...

    async def commit(
        self,
        before: Incident,
        events: Sequence[IncidentEvent],
        *,
        reservation: Reservation | None = None,
        claims: Sequence[Claim] = (),
    ) -> Incident:
        """Append one commit after `before.version`. Raises ConflictError, NotReservedError."""

    async def note(self, incident_id: str, *events: WorkEvent) -> None:
        """Append to the work stream; never conflicts."""

    async def holder(self, fingerprint: str) -> Holder | None: ...

    async def open_incidents(self) -> list[str]:
        """Ids of incidents that are not resolved, oldest first."""

    async def recent_incidents(self, count: int) -> list[str]:
        """Ids, newest first."""

    async def due(self, now: datetime, count: int) -> list[Work]: ...

    async def defer(self, work: Work, until: datetime) -> None:
        """Look at it again then; no effect once the work is no longer waited for."""

    async def failed(self, work: Work) -> int:
        """Count one more failure of this work; how many it has had."""

    async def acquire(self, lease: str, seconds: float) -> str | None:
        """A token, or None while somebody else holds it."""

    async def release(self, lease: str, token: str) -> None: ...

    async def extend(self, lease: str, token: str, seconds: float) -> bool: ...


class Inbox(Protocol):
    """Alerts that were acknowledged to their sender and not yet handled."""

    async def put(self, alerts: Sequence[Alert], once: str = "") -> None:
        """Returns once they are durable; raises otherwise.

        `once`: id of their delivery. The same id within a day is durable already, and dropped.
        """

    async def take(self, count: int, wait_seconds: float) -> list[tuple[str, Alert]]: ...

    async def done(self, entry_id: str) -> None: ...


class Queue(Protocol):
    async def enqueue(self, work: Sequence[Work]) -> None:
        """A hint to a worker; the ledger stays the truth."""


class Draft(Frozen):
    """What an investigation ends in: a diagnosis and, where it knows a remedy, a plan."""

    diagnosis: Diagnosis
    plan: PlanDraft | None = None


class Investigator(Protocol):
    """Turns an incident into a draft, noting evidence in the ledger as it goes."""

    async def investigate(self, incident: Incident) -> Draft: ...


class Team(Protocol):
    """Looks into a wide incident with several agents side by side."""

    def assign(self, incident: Incident) -> tuple[Thread, ...]:
        """The parts to look into; none where one agent will do."""

    async def diagnose(self, incident: Incident, thread: Thread) -> Draft:
        """What one agent finds in its part, in a few words and with evidence."""

    async def combine(self, incident: Incident) -> Draft:
        """One diagnosis and one plan of what all found. Who found nothing is named as a gap."""


class Writer(Protocol):
    async def draft(self, incident: Incident) -> Words:
        """Texts for people to send. Always gives some, the plainest where no model is there."""


class Directory(Protocol):
    """Who people are, asked of Slack."""

    async def members(self, handle: str) -> frozenset[str]:
        """User ids behind a user id or a group handle; empty where nobody is."""

    async def eligible(self, user: str) -> bool:
        """A full member of the workspace: no bot, no guest, not deactivated."""

    async def name(self, user: str) -> str:
        """How a person is called, plain; the id where Slack doesn't say."""


class Posted(Frozen):
    """What is known of a slot's message in Slack."""

    status: Literal["posting", "posted"]
    """`posting`: a post was begun; whether it arrived has to be looked up."""
    channel: str
    ts: str = ""
    hash: str = ""
    state: str = ""
    edited_at: float = 0
    """Seconds since the epoch."""


class SlotStore(Protocol):
    async def all(self, incident: str) -> dict[str, Posted]: ...

    async def save(self, incident: str, slot: str, posted: Posted) -> None: ...

    async def incident_at(self, channel: str, thread_ts: str) -> str | None:
        """The incident whose thread that is."""

    async def turn(self, budget: str, seconds: float) -> float:
        """Take the next turn of a budget, one each `seconds`; seconds to wait, 0 when taken."""
