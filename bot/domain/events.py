"""What can happen in an incident: past tense, immutable, the only source of truth.

Longer than other files on purpose: it is the ledger's whole vocabulary, to be read as one list.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bot.domain.values import (
    Alert,
    ApprovalGroup,
    Diagnosis,
    Plan,
    PlanDraft,
    Severity,
    Thread,
    Verdict,
    Words,
)
from tools.kit.types import Evidence, Handle


class Event(BaseModel):
    """Base of a stored event. Fields a newer release added are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    at: datetime
    actor: str
    """`opsbot`, `policy:<rule>`, `<sender>` of an alert, or a user id."""


class IncidentOpened(Event):
    type: Literal["incident.opened"] = "incident.opened"
    title: str
    severity: Severity
    service: str
    environment: str
    impact: str = ""
    """What users notice when that service is down, as its owners wrote it."""
    alert: Alert


class AlertJoined(Event):
    type: Literal["alert.joined"] = "alert.joined"
    alert: Alert


class AlertCleared(Event):
    type: Literal["alert.cleared"] = "alert.cleared"
    fingerprint: str
    starts_at: datetime | None = None
    """When what cleared had begun; its "firing" may still be on the way."""


class ThreadsAssigned(Event):
    """The incident is wide: agents look into its parts side by side."""

    type: Literal["threads.assigned"] = "threads.assigned"
    threads: tuple[Thread, ...]
    deadline: datetime
    """Who has not answered by then leaves a gap that is named."""


class ThreadFinished(Event):
    type: Literal["thread.finished"] = "thread.finished"
    thread: str
    summary: str
    """At most 600 characters."""
    failed: bool = False
    """It could not look: what it was to find is not known."""
    diagnosis: Diagnosis | None = None
    plan: PlanDraft | None = None


class DiagnosisReached(Event):
    type: Literal["diagnosis.reached"] = "diagnosis.reached"
    diagnosis: Diagnosis


class WordsDrafted(Event):
    """Texts for people to send, in the right words for each; opsbot sends none of them."""

    type: Literal["words.drafted"] = "words.drafted"
    words: Words


class PlanProposed(Event):
    """A plan and the gate's first answer to it."""

    type: Literal["plan.proposed"] = "plan.proposed"
    plan: Plan
    verdict: Annotated[Verdict, Field(discriminator="kind")]


class ApprovalRequested(Event):
    type: Literal["approval.requested"] = "approval.requested"
    plan_id: str
    digest: str
    approvals: int
    approvers: tuple[str, ...]
    groups: tuple[ApprovalGroup, ...] = ()
    expires_at: datetime


class ApprovalDecided(Event):
    type: Literal["approval.decided"] = "approval.decided"
    plan_id: str
    digest: str
    choice: Literal["approve", "reject"]
    reason: str = ""
    via: tuple[str, ...] = ()
    """Those of the approvers that the person was behind, as Slack said at the click."""


class PlanVoided(Event):
    """The plan will not run: expired, drifted, stopped, replaced or no longer needed."""

    type: Literal["plan.voided"] = "plan.voided"
    plan_id: str
    cause: Literal[
        "expired",
        "drift",
        "guard",
        "cleared",
        "policy",
        "failed",
        "stopped",
        "replaced",
        "resolved",
    ]
    reason: str


class ReplanRequested(Event):
    """A person asked to look again at a plan that was voided."""

    type: Literal["replan.requested"] = "replan.requested"
    plan_id: str


class ActionStarted(Event):
    """On disk before the effect leaves; holds all that a rollback will need."""

    type: Literal["action.started"] = "action.started"
    plan_id: str
    step: int
    key: str
    checkpoint: dict[str, Any] | None = None
    deadline: datetime
    """When a call still unanswered is given up; nobody reads back before."""
    rule: str = ""
    policy: str = ""
    """Version of the policy under which it started, judged again just before."""
    digest: str = ""
    """Of the plan as it was approved or allowed."""
    approved_by: tuple[str, ...] = ()
    """Empty where policy allowed it by itself."""
    services: tuple[str, ...] = ()
    """Those it touches; none for the books, or written before breakers were."""


class ActionFinished(Event):
    type: Literal["action.finished"] = "action.finished"
    plan_id: str
    step: int
    outcome: Literal["succeeded", "failed", "unknown"]
    summary: str
    handle: Handle | None = None


class ActionVerified(Event):
    type: Literal["action.verified"] = "action.verified"
    plan_id: str
    step: int
    passed: bool
    summary: str


class RecoveryVerified(Event):
    """Fresh evidence after the last step: whether the world recovered."""

    type: Literal["recovery.verified"] = "recovery.verified"
    plan_id: str
    passed: bool
    summary: str


class RollbackStarted(Event):
    type: Literal["rollback.started"] = "rollback.started"
    plan_id: str
    step: int
    key: str
    deadline: datetime


class RollbackFinished(Event):
    type: Literal["rollback.finished"] = "rollback.finished"
    plan_id: str
    step: int
    outcome: Literal["succeeded", "failed", "unknown", "refused"]
    """`refused`: the state has moved since, so a person decides."""
    summary: str


class BooksSkipped(Event):
    """A milestone left no ticket behind, and why."""

    type: Literal["books.skipped"] = "books.skipped"
    milestone: Literal["open", "close"]
    reason: str


class PersonCalled(Event):
    type: Literal["person.called"] = "person.called"
    to: tuple[str, ...]
    """User ids and group handles."""
    reason: str
    plan_id: str | None = None
    rung: int = 0
    """How far up the line: 0 who is on call, 1 the approvers, 2 the service's owners."""
    then: tuple[str, ...] = ()
    """Who is called next, if nobody reacts."""


class IncidentTaken(Event):
    """The actor is on it."""

    type: Literal["incident.taken"] = "incident.taken"


class IncidentStopped(Event):
    """A person halted all acting on this incident; no step of a fix starts until it is resumed."""

    type: Literal["incident.stopped"] = "incident.stopped"
    name: str
    """How that person is called, plain."""
    reason: str


class IncidentResumed(Event):
    type: Literal["incident.resumed"] = "incident.resumed"
    name: str
    reason: str


class HintGiven(Event):
    """A person said where to look or what to try: data for whoever investigates, no authority."""

    type: Literal["hint.given"] = "hint.given"
    text: str
    again: bool = False
    """The investigation had ended: what was thought is thought anew."""


class SeverityChanged(Event):
    """A person set it; opsbot only proposes."""

    type: Literal["severity.changed"] = "severity.changed"
    severity: Severity
    before: Severity
    reason: str


class HandoverOffered(Event):
    """Somebody is asked to take command; until they accept, who had it has it."""

    type: Literal["handover.offered"] = "handover.offered"
    to: str
    """User id."""


class CommandTaken(Event):
    """The actor commands from here: by themselves, or by accepting a hand-over."""

    type: Literal["command.taken"] = "command.taken"


class NoteAdded(Event):
    """Something a person put on the timeline, often a message of others."""

    type: Literal["note.added"] = "note.added"
    text: str
    author: str = ""
    """User id of whoever wrote it; empty where that is the actor."""
    url: str = ""
    """Where it stands."""


class IncidentReopened(Event):
    type: Literal["incident.reopened"] = "incident.reopened"
    reason: str


class IncidentResolved(Event):
    type: Literal["incident.resolved"] = "incident.resolved"
    summary: str


class IncidentReported(Event):
    """The last word: the books are closed and the report may be posted."""

    type: Literal["incident.reported"] = "incident.reported"


class UnknownEvent(Event):
    """Written by another release. Carried along, never acted upon."""

    type: Literal["unknown"] = "unknown"
    raw: dict[str, Any]


IncidentEvent = (
    IncidentOpened
    | AlertJoined
    | AlertCleared
    | ThreadsAssigned
    | ThreadFinished
    | DiagnosisReached
    | WordsDrafted
    | PlanProposed
    | ApprovalRequested
    | ApprovalDecided
    | PlanVoided
    | ReplanRequested
    | ActionStarted
    | ActionFinished
    | ActionVerified
    | RecoveryVerified
    | RollbackStarted
    | RollbackFinished
    | BooksSkipped
    | PersonCalled
    | IncidentTaken
    | IncidentStopped
    | IncidentResumed
    | HintGiven
    | SeverityChanged
    | HandoverOffered
    | CommandTaken
    | NoteAdded
    | IncidentReopened
    | IncidentResolved
    | IncidentReported
    | UnknownEvent
)


class CheckStarted(Event):
    type: Literal["check.started"] = "check.started"
    check: str
    title: str


class EvidenceRecorded(Event):
    type: Literal["evidence.recorded"] = "evidence.recorded"
    id: str
    check: str
    title: str
    finding: str
    """One line for people; what the check means, not what it printed."""
    evidence: Evidence


class ProgressNoted(Event):
    """One look of the monitor, or another line of work worth showing."""

    type: Literal["progress.noted"] = "progress.noted"
    plan_id: str
    step: int | None = None
    summary: str


class QuestionAnswered(Event):
    """A person asked in chat, and what opsbot answered."""

    type: Literal["question.answered"] = "question.answered"
    id: str
    """The Slack `ts` of the question."""
    channel: str
    thread_ts: str
    question: str
    answer: str


class FeedbackGiven(Event):
    """What a person thinks of something opsbot said; the latest of each person counts."""

    type: Literal["feedback.given"] = "feedback.given"
    about: str
    """`diagnosis`, or `answer:<question>`."""
    helpful: bool
    reason: str = ""


class AgentBriefed(Event):
    """The first words an agent was given; with its turns they are its whole memory."""

    type: Literal["agent.briefed"] = "agent.briefed"
    agent: str
    text: str


class TurnTaken(Event):
    """A model's answer, saved before anything it asks for is done."""

    type: Literal["turn.taken"] = "turn.taken"
    agent: str
    turn: dict[str, Any]
    tokens: int
    dollars: float


class ResultsGiven(Event):
    """What an agent was told after its last turn."""

    type: Literal["results.given"] = "results.given"
    agent: str
    message: dict[str, Any]


class PeopleFound(Event):
    """Who was behind the names of a call at the time: what was on call then may not be now."""

    type: Literal["people.found"] = "people.found"
    call: int
    """Number of the call, from 1."""
    people: tuple[str, ...]
    """User ids."""
    instead: str = ""
    """Why others than those named had to be called."""


class BrainChanged(Event):
    """Another investigator took over, and why, in one line for people."""

    type: Literal["brain.changed"] = "brain.changed"
    to: Literal["model", "runbook"]
    reason: str


class BreakerTripped(Event):
    """Too much failed on a service: nothing runs there by itself until a person says so.

    Also in the incident whose action was the last to fail, so that its thread tells.
    """

    type: Literal["breaker.tripped"] = "breaker.tripped"
    scope: str
    """The service."""
    reason: str


class AlertRepeated(Event):
    """Its sender told an alert again that fires already; written for many at once."""

    type: Literal["alert.repeated"] = "alert.repeated"
    count: int


class ThreadAsked(Event):
    """The actor wants a thread for an incident that a storm's card stands for."""

    type: Literal["thread.asked"] = "thread.asked"


WorkEvent = (
    CheckStarted
    | EvidenceRecorded
    | ProgressNoted
    | QuestionAnswered
    | FeedbackGiven
    | AgentBriefed
    | TurnTaken
    | ResultsGiven
    | PeopleFound
    | BrainChanged
    | BreakerTripped
    | AlertRepeated
    | ThreadAsked
    | UnknownEvent
)

_DECISION: TypeAdapter[IncidentEvent] = TypeAdapter(
    Annotated[IncidentEvent, Field(discriminator="type")]
)
_WORK: TypeAdapter[WorkEvent] = TypeAdapter(Annotated[WorkEvent, Field(discriminator="type")])


def dump(events: Sequence[Event]) -> str:
    """One commit as JSON. An unknown event goes back exactly as it came."""
    return json.dumps(
        [e.raw if isinstance(e, UnknownEvent) else e.model_dump(mode="json") for e in events],
        ensure_ascii=False,
        separators=(",", ":"),
    )


def load_decisions(body: str | bytes) -> list[IncidentEvent]:
    """A commit's events, those of another release as UnknownEvent."""
    return [_one(_DECISION, raw) for raw in _array(body)]


def load_work(body: str | bytes) -> list[WorkEvent]:
    """A work entry's events, those of another release as UnknownEvent."""
    return [_one(_WORK, raw) for raw in _array(body)]


def _array(body: str | bytes) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = json.loads(body)
    return events


def _one(adapter: TypeAdapter[Any], raw: dict[str, Any]) -> Any:
    try:
        return adapter.validate_python(raw, extra="ignore")
    except ValidationError as error:
        if any(e["type"] == "union_tag_invalid" and e["loc"] == () for e in error.errors()):
            return UnknownEvent(at=raw["at"], actor=raw["actor"], raw=raw)
        raise
