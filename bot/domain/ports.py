"""What the use cases need of the outside, as protocols.

Longer than other files on purpose: it is all that an adapter may be, to be read as one list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol

from bot.domain.controls import BreakerReset, ControlEvent, Resumed, Stopped
from bot.domain.events import BreakerTripped, IncidentEvent, WorkEvent
from bot.domain.following import Subscription
from bot.domain.incident import Incident
from bot.domain.storm import Opening
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
    text: str
    """In words: `6 restart_service on etl in 1 h`."""


class Reservation(Frozen):
    """What must be free in the same instant in which an action starts."""

    lease: str
    """Name of the lease the worker holds."""
    token: str
    switches: tuple[str, ...] = ()
    """Scopes that must not be stopped."""
    breakers: tuple[str, ...] = ()
    """Services whose breaker must be closed: those of a step that no person approved."""
    limits: tuple[Limit, ...] = ()


class Claim(Frozen):
    """A fingerprint that this commit takes for its incident, or lets go."""

    fingerprint: str
    starts_at: datetime
    release: bool = False


class Failure(Frozen):
    """An action on a service that failed: the breaker trips at `count` of them in `seconds`."""

    action: str
    """Its key: one that fails and is then put back counts once."""
    count: int
    seconds: float
    trip: BreakerTripped
    """What to record if it trips now."""


class ConflictError(Exception):
    """Someone else committed first. Load and decide again."""


class NotReservedError(Exception):
    """The action may not start: stale lease, stop switch, breaker or limit. Says which."""


class LeaseLostError(NotReservedError):
    """Another worker may do it now; this one has nothing left to say."""


class NotConfirmedError(Exception):
    """It was committed, and nothing says that it will last: no effect may follow from it."""


class StoppedError(NotReservedError):
    """A person stopped it."""

    def __init__(self, stop: Stopped) -> None:
        super().__init__(f"{stop.scope} was stopped by {stop.name}: {stop.reason}")
        self.stop = stop


class BreakerOpenError(NotReservedError):
    """Too much failed on that service for anything to run there by itself."""

    def __init__(self, service: str) -> None:
        super().__init__(f"the breaker of {service} is open")
        self.service = service


class LimitReachedError(NotReservedError):
    """As many have started as the rule lets. Says when the next may."""


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
        failures: Sequence[Failure] = (),
        controls: Sequence[Stopped | Resumed] = (),
    ) -> Incident:
        """Append one commit after `before.version`; under a reservation it is on disk, and on a
        replica where there are any.

        `controls`: this incident's own stop, set or lifted with the decision that says so.
        Raises ConflictError, NotReservedError, NotConfirmedError.
        """

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


class Openings(Protocol):
    """When incidents opened, by one clock."""

    async def openings(self, since: datetime) -> list[Opening]:
        """Those that opened then or later, in their order."""


class Controls(Protocol):
    """Stop switches and breakers. Each change is recorded in the step that makes it.

    The stop of one incident is set with its decision, by `Ledger.commit`; all else is set here.
    What changes something raises NotConfirmedError where it is done, but may not last.
    """

    async def stop(self, stop: Stopped) -> Stopped:
        """Set it. The stop that stands: an earlier one stays, and nothing is recorded then."""

    async def resume(self, resumed: Resumed) -> Stopped | None:
        """Lift a stop; the one that was lifted, or None where there was none."""

    async def stopped(self) -> dict[str, Stopped]:
        """Every stop that stands, by its scope."""

    async def tripped(self) -> dict[str, BreakerTripped]:
        """Every open breaker, by its service."""

    async def reset(self, reset: BreakerReset) -> BreakerTripped | None:
        """Close a breaker, which begins to count anew; what had tripped it, or None."""

    async def history(self) -> list[ControlEvent]:
        """Every change there ever was, oldest first."""


class Inbox(Protocol):
    """Alerts that were acknowledged to their sender and not yet handled."""

    async def put(self, alerts: Sequence[Alert], once: str = "") -> None:
        """Returns once they are durable; raises otherwise.

        `once`: id of their delivery. The same id within a day is durable already, and dropped.
        """

    async def take(self, count: int, wait_seconds: float) -> list[tuple[str, Alert]]: ...

    async def done(self, entry_id: str) -> None: ...


class Heard(Frozen):
    """The last sign of life of an alert that always fires."""

    at: datetime
    labels: dict[str, str] = {}


class WatchStore(Protocol):
    """What is known of alerts that always fire, by fingerprint."""

    async def hear(self, name: str, heard: Heard) -> None: ...

    async def heard(self) -> dict[str, Heard]: ...

    async def silences(self) -> dict[str, datetime]:
        """Those whose silence was told, and since when they are silent."""

    async def silence(self, name: str, since: datetime | None) -> None:
        """Note that a silence was told, or with None that it ended."""

    async def listening(self, now: datetime, gap: timedelta) -> datetime:
        """Note a look at `now`; since when there was one at least once each `gap`."""


class Standing(Frozen):
    """What a sender says is not over."""

    told: tuple[Alert, ...] = ()
    """What it would tell a receiver."""
    withheld: frozenset[str] = frozenset()
    """Fingerprints of what is silenced there: not over, and not ours to open."""
    whole: bool = True
    """Whether everything it holds could be read."""


class Sender(Protocol):
    """A sender of alerts that can be asked."""

    source: str
    """As in `Alert.source`."""

    async def standing(self) -> Standing:
        """Raises ToolError where it can't be asked."""


class StandingStore(Protocol):
    """What each sender was seen to hold."""

    async def looked(self, source: str) -> datetime | None:
        """When the last look ended well."""

    async def standing(self, source: str) -> dict[str, datetime | None]:
        """Fingerprints seen there, with the look at which they first were gone."""

    async def save(
        self, source: str, standing: Mapping[str, datetime | None], now: datetime
    ) -> None: ...


class Queue(Protocol):
    async def enqueue(self, work: Sequence[Work]) -> None:
        """A hint to a worker; the ledger stays the truth."""


class Talks(Protocol):
    """Which incident a conversation is about, outside the incident's own thread."""

    async def about(self, channel: str, thread_ts: str) -> str | None:
        """The incident that was last talked about there."""

    async def note(self, channel: str, thread_ts: str, incident: str) -> None: ...

    async def first(self, channel: str, thread_ts: str, what: str) -> bool:
        """Whether `what` is said there for the first time; it counts as said from now on."""


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


ROTA = "rota:"
"""Begins a handle that stands for whoever is on call in that schedule."""


class RotaUnreadableError(Exception):
    """Who is on call can't be told now. Says of which schedule and why."""


class Rotas(Protocol):
    async def on_call(self, schedule: str) -> tuple[str, ...]:
        """E-mail addresses of who is on call now. Raises RotaUnreadableError."""


class Directory(Protocol):
    """Who people are, asked of Slack."""

    async def members(self, handle: str) -> frozenset[str]:
        """User ids behind a user id, a group handle or a rota; empty where nobody is.

        Raises RotaUnreadableError.
        """

    async def eligible(self, user: str) -> bool:
        """A full member of the workspace: no bot, no guest, not deactivated."""

    async def name(self, user: str) -> str:
        """How a person is called, plain; the id where Slack doesn't say."""


class Posted(Frozen):
    """What is known of a slot's message in Slack."""

    status: Literal["posting", "posted", "refused"]
    """`posting`: a post was begun; whether it arrived has to be looked up. `refused`: Slack won't
    take it where it was to go, and it is not tried again."""
    channel: str
    ts: str = ""
    hash: str = ""
    state: str = ""
    edited_at: float = 0
    """Seconds since the epoch; of a post that was begun, when that was."""
    heard: str = ""
    """The last word of a person that was known when it was posted: those with the same one were
    posted without anybody saying anything in between."""


class HomeStore(Protocol):
    """Who looked at their Home tab lately, and what they were shown there."""

    async def opened(self, user: str, now: datetime) -> None: ...

    async def lately(self, since: datetime) -> list[str]:
        """Whoever looked after that, longest ago first."""

    async def shown(self, user: str) -> str | None:
        """The digest of what was shown last."""

    async def show(self, user: str, digest: str) -> None: ...


class Follows(Protocol):
    """Who follows what. Kept apart from incidents: it is about people."""

    async def add(self, subscription: Subscription) -> None:
        """One for each person, target and place; the newer replaces the older."""

    async def remove(self, user: str, target: str | None) -> tuple[Subscription, ...]:
        """What this person no longer follows; of None everything."""

    async def all(self) -> tuple[Subscription, ...]: ...

    async def told(self, place: str, incident: str) -> frozenset[str]:
        """Keys of the notices that were sent there."""

    async def tell(self, place: str, incident: str, keys: Sequence[str]) -> None:
        """These were sent, or are not to be."""

    async def quiet(self, user: str) -> str | None:
        """Quiet hours as they were saved."""

    async def set_quiet(self, user: str, hours: str | None) -> None: ...


class SlotStore(Protocol):
    async def all(self, incident: str) -> dict[str, Posted]: ...

    async def save(self, incident: str, slot: str, posted: Posted) -> None: ...

    async def forget(self, incident: str, slot: str) -> None:
        """A post that was begun is known not to have arrived."""

    async def incident_at(self, channel: str, thread_ts: str) -> str | None:
        """The incident whose thread that is."""

    async def turn(
        self, budget: str, seconds: float, *, burst: int = 1, urgent: bool = False
    ) -> float:
        """Take the next turn of a budget, one each `seconds`; seconds to wait, 0 when taken.

        What is urgent goes first, and may take up to `burst` turns at once where they were not
        used; all else leaves it half of those, and waits while anything urgent does. A budget
        `<method>:<place>` rests with `<method>`.
        """

    async def pause(self, method: str, seconds: float) -> None:
        """No turn of that method is given before then, to nobody."""

    async def lacks(self, feature: str) -> bool:
        """Whether this Slack was seen, within a day, not to know that block or method."""

    async def lacking(self, feature: str) -> None:
        """It doesn't know it."""
