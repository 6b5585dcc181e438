"""What can be asked of an incident: imperative, complete, refused if it holds unknown fields."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from bot.domain.values import (
    Alert,
    Ask,
    Diagnosis,
    Found,
    Plan,
    PlanDraft,
    Severity,
    Thread,
    Verdict,
    Words,
)
from tools.kit.types import Frozen, Handle


class Command(Frozen):
    """Base. `at` is the caller's clock: the domain has none."""

    at: datetime
    actor: str = "opsbot"
    oncall: tuple[str, ...] = ()
    """Whom to call if this command ends in a person's hands."""


class OpenIncident(Command):
    alert: Alert
    impact: str = ""
    """What users notice when the alert's service is down."""


class JoinAlert(Command):
    alert: Alert


class ClearAlert(Command):
    fingerprint: str
    starts_at: datetime | None = None
    """When what cleared had begun, as its sender says."""


class AssignThreads(Command):
    threads: tuple[Thread, ...]
    deadline: datetime


class FinishThread(Command):
    thread: str
    summary: str
    failed: bool = False
    diagnosis: Diagnosis | None = None
    plan: PlanDraft | None = None


class Conclude(Command):
    """End the investigation with a diagnosis and, where there is one, a judged plan."""

    diagnosis: Diagnosis
    services: frozenset[str] = frozenset()
    """The alerts' services when it began; empty: it doesn't matter."""
    plan: Plan | None = None
    verdict: Verdict | None = None


class DraftWords(Command):
    words: Words


class ProposePlan(Command):
    plan: Plan
    verdict: Verdict


class DecideApproval(Command):
    """A person's answer; that the person may give it was checked by the caller."""

    plan_id: str
    digest: str
    choice: Literal["approve", "reject"]
    reason: str = ""
    via: tuple[str, ...] = ()
    """Those of the approvers that the person is behind."""


class NarrowPlan(Command):
    """Ask for a smaller plan instead; that it is one was checked by the caller."""

    plan_id: str
    digest: str
    plan: Plan
    verdict: Ask


class ExpireApproval(Command):
    plan_id: str


class VoidPlan(Command):
    plan_id: str
    cause: Literal["drift", "guard", "policy", "failed", "stopped", "halted"]
    reason: str


class HaltPlan(Command):
    """Let the step that runs end, and start no other; that the person may was checked."""

    plan_id: str
    digest: str
    name: str


class HandPlan(Command):
    """Void a plan that waits and call a person for it; that the person may was checked."""

    plan_id: str
    digest: str
    name: str


class ApproveUndo(Command):
    """Put back what is live of a plan; that the person may was checked by the caller."""

    plan_id: str
    digest: str
    steps: tuple[int, ...]
    """Those that the person was told of, last first."""
    over: tuple[Found, ...] = ()
    via: tuple[str, ...] = ()


class RequestReplan(Command):
    """Look again at a plan that expired or drifted, and ask with what is true now."""

    plan_id: str


class StartStep(Command):
    plan_id: str
    step: int
    key: str
    checkpoint: dict[str, Any] | None
    deadline: datetime
    policy: str = ""
    """Version of the policy that was asked again just before."""
    services: tuple[str, ...] = ()


class FinishStep(Command):
    plan_id: str
    step: int
    outcome: Literal["succeeded", "failed", "unknown"]
    summary: str
    handle: Handle | None = None


class VerifyStep(Command):
    plan_id: str
    step: int
    passed: bool
    summary: str


class VerifyRecovery(Command):
    plan_id: str
    passed: bool
    summary: str


class StartRollback(Command):
    plan_id: str
    step: int
    key: str
    deadline: datetime
    approved_by: str = ""


class FinishRollback(Command):
    plan_id: str
    step: int
    outcome: Literal["succeeded", "failed", "unknown", "refused"]
    summary: str
    moved: bool = False


class SkipBooks(Command):
    milestone: Literal["open", "close"]
    reason: str


class CallPerson(Command):
    reason: str
    plan_id: str | None = None
    """The plan that can't go on without one."""


class CallAgain(Command):
    """Nobody reacted: call the next in line."""

    calls: int
    """How many calls there were when this was thought of; another since makes it void."""
    rung: int
    to: tuple[str, ...]
    then: tuple[str, ...] = ()
    """Who is called next, if nobody reacts to this one either."""
    reason: str


class TakeIncident(Command):
    """A person says that they are on it; that they may was checked by the caller."""


class StopIncident(Command):
    """Halt all acting on it."""

    name: str
    reason: str


class ResumeIncident(Command):
    name: str
    reason: str


class GiveHint(Command):
    """A person says where to look or what to try."""

    text: str
    usable: bool
    """Whether whoever investigates can make anything of it; without that nobody looks again."""


class ChangeSeverity(Command):
    severity: Severity
    reason: str


class OfferHandover(Command):
    """Ask somebody to command from here."""

    to: str


class TakeCommand(Command):
    """Command it: by oneself where nobody does, or as whoever was asked to."""


class AddNote(Command):
    text: str
    author: str = ""
    url: str = ""


class Resolve(Command):
    """A person says that it is over; what waits is void, and nothing may be under way."""

    summary: str


class Reopen(Command):
    """It was not over after all."""

    reason: str


class Report(Command):
    """Close the books."""
