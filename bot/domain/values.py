"""The nouns of an incident: alert, diagnosis, plan, verdict, approval.

Longer than other files on purpose: they are made of each other, and read as one list.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field, model_validator

from bot.domain.text import whole
from tools.kit.types import Change, DryRun, Effect, Frozen

Severity = Literal["sev1", "sev2", "sev3", "sev4"]
Confidence = Literal["high", "medium", "low"]
CONFIDENCE_ORDER: tuple[Confidence, ...] = ("low", "medium", "high")
Risk = Literal["low", "medium", "high"]
RISK_ORDER: tuple[Risk, ...] = ("low", "medium", "high")


class Status(StrEnum):
    """Where an incident stands. `resolved` is the end."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    INVESTIGATING = "investigating"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"


class Alert(Frozen):
    """One alert as its sender tells it, in Alertmanager's words."""

    fingerprint: str
    """The sender's identity of the alert; the same while it repeats."""
    source: str
    status: Literal["firing", "resolved"]
    title: str
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    starts_at: datetime
    ends_at: datetime | None = None
    url: str | None = None
    severity: Severity = "sev3"
    service: str = ""
    """As the inventory names it; empty where the alert says none."""
    environment: str = ""

    @model_validator(mode="before")
    @classmethod
    def _can_be_stored(cls, told: Any) -> Any:
        return whole(told)


class RunbookRef(Frozen):
    """Which runbook, at which state of its text."""

    id: str
    title: str
    pin: str | None
    """`git:<commit>` or `release:<version>`; None for text that nobody committed."""


class Hypothesis(Frozen):
    """A possible cause, and the evidence that speaks for and against it."""

    cause: str
    confidence: Confidence
    supported_by: tuple[str, ...] = Field(min_length=1)
    """Evidence ids. A hypothesis that cites none is invalid."""
    against: tuple[str, ...] = ()


class Coverage(Frozen):
    """What was looked at, by title; the four lists together are everything that was meant."""

    checked: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    not_configured: tuple[str, ...] = ()


class FollowUp(Frozen):
    """A ticket that stays open after the incident, and whom to tell of it."""

    summary: str
    description: str = ""
    owners: tuple[str, ...] = ()
    """Handles as the inventory names them: `@dba-oncall`."""
    project: str | None = None


class Diagnosis(Frozen):
    """What is thought to be wrong, how sure that is and what it rests on."""

    by: Literal["runbook", "sweep", "model"]
    hypotheses: tuple[Hypothesis, ...] = ()
    """Most likely first; none means inconclusive."""
    not_known: tuple[str, ...] = ()
    ruled_out: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    """Ways forward with their trade-offs, for a person to weigh, where none is plainly right."""
    coverage: Coverage = Coverage()
    runbook: RunbookRef | None = None
    follow_ups: tuple[FollowUp, ...] = ()
    """What stays open whether or not the fix helps."""

    def overturns(self, before: Diagnosis) -> bool:
        """Whether it takes back what `before` said: whoever acted on that has to know.

        A cause found where none was known takes nothing back, nor do figures that moved.
        """
        if before.cause is None:
            return False
        return self.cause is None or _figureless(self.cause) != _figureless(before.cause)

    @property
    def ending(self) -> Literal["confirmed", "likely", "inconclusive"]:
        """How the investigation ended."""
        if not self.hypotheses:
            return "inconclusive"
        return "confirmed" if self.confidence == "high" else "likely"

    @property
    def cause(self) -> str | None:
        return self.hypotheses[0].cause if self.hypotheses else None

    @property
    def confidence(self) -> Confidence:
        return self.hypotheses[0].confidence if self.hypotheses else "low"


class Reading(Frozen):
    """A read that can be taken again, and what must hold of it."""

    title: str
    tool: str
    params: dict[str, Any]
    captures: dict[str, str] = {}
    """Name → CEL over the evidence's values."""
    expect: str
    """CEL over values and captures. Unknown counts as not holding."""
    known: dict[str, Any] = {}
    """Constants that `expect` and `show` may name."""
    show: str = ""
    """Template for people: `${duration(lag)} (limit 30 min)`."""
    shown: str = ""
    """`show` as it read when the plan was made."""


class Intended(Frozen):
    """A change someone wants, before its dry run."""

    tool: str
    params: dict[str, Any]
    cites: str = ""
    """The runbook's step this is: `etl-source-timeout#1`; empty outside the playbook."""
    tainted: bool = False
    """A parameter came out of an alert, a tool's output or a model, and is no name the inventory
    knows. Untainted only by default where a release before that wrote it."""


class Step(Frozen):
    """One change of a plan, with the dry run that was shown for it."""

    tool: str
    version: int
    params: dict[str, Any]
    effect: Effect
    reversible: bool
    dry_run: DryRun
    cites: str = ""
    """The runbook's step this is: `etl-source-timeout#1`; empty outside the playbook."""
    tainted: bool = False
    """As it was intended."""

    @property
    def digest(self) -> str:
        targets = sorted((t.kind, t.name) for t in self.dry_run.targets)
        changes = [c.model_dump(mode="json") for c in self.dry_run.changes]
        return _sha256([self.tool, self.version, self.params, targets, changes])


class Found(Frozen):
    """What stands in a field now."""

    step: int
    """Index of the step that changed it, the last of its plan to do so."""
    target: str
    field: str
    value: Any = None


class Plan(Frozen):
    """Ordered steps under guards: what is judged, approved and run as one."""

    id: str
    """`P1`, `P2` … for fixes; `books-<milestone>` for the incident's own tickets."""
    purpose: Literal["fix", "books"]
    steps: tuple[Step, ...] = Field(min_length=1)
    guards: tuple[Reading, ...] = ()
    verify: tuple[Reading, ...] = ()
    """What must hold of the world afterwards, from fresh evidence."""
    verify_within: float = 900
    """Seconds that `verify` may take before the fix counts as failed."""
    runbook: RunbookRef | None = None
    partial: bool = False
    """It leaves out steps that its runbook has for the cause."""
    requester: str
    """`runbook`, `model` or the user id of whoever prompted or edited it."""
    prompted_by: tuple[str, ...] = ()
    """User ids of the others whose words it follows from."""
    resolution: str = ""

    @property
    def by_person(self) -> bool:
        """Prompted or edited by somebody: never the runbook's own, whatever it cites."""
        return bool(self.prompters)

    @property
    def prompters(self) -> frozenset[str]:
        """User ids of all who prompted or edited it: none of them approves it."""
        return frozenset({self.requester, *self.prompted_by} - {"runbook", "model", "opsbot"})

    def digest(self, rule: str) -> str:
        """What an approval binds to. Change anything in here and the approval is void."""
        guards = [g.model_dump(mode="json", exclude={"shown"}) for g in self.guards]
        return _sha256([[s.digest for s in self.steps], guards, rule])

    def before(self, index: int, change: Change) -> Any:
        """The before-value step `index` must find: what an earlier step leaves, else its own."""
        for step in reversed(self.steps[:index]):
            for earlier in step.dry_run.changes:
                if (earlier.target, earlier.field) == (change.target, change.field):
                    return earlier.after
        return change.before


class PlanDraft(Frozen):
    """A plan as a brain wants it: no dry run, no guard read, nothing judged."""

    steps: tuple[Intended, ...] = Field(min_length=1)
    guards: tuple[Reading, ...] = ()
    verify: tuple[Reading, ...] = ()
    verify_within: float = 900
    runbook: RunbookRef | None = None
    partial: bool = False
    requester: str
    prompted_by: tuple[str, ...] = ()
    resolution: str = ""

    def by(self, people: Sequence[str]) -> PlanDraft:
        """The same, prompted or edited by these, the first of whom asks for it."""
        if not people:
            return self
        others = tuple(dict.fromkeys(each for each in people if each != people[0]))
        return self.model_copy(update={"requester": people[0], "prompted_by": others})


class Thread(Frozen):
    """One part of a wide incident, for one agent to look into."""

    id: str
    """`orders-db`: unique within the incident."""
    title: str
    question: str
    services: tuple[str, ...]


class Words(Frozen):
    """The same incident, told to three kinds of people."""

    summary: str
    """For whoever joins: what, why, what is being done."""
    stakeholders: str
    """For those whose work it touches: effect and next update, no internals."""
    status_page: str
    """For customers: what they notice, no blame, no promise."""


class _Judged(Frozen):
    rule: str
    policy: str = ""
    """Version of the policy that judged; empty in verdicts from before versions were kept."""


class Allow(_Judged):
    """Runs by itself."""

    kind: Literal["allow"] = "allow"
    reason: str = ""
    may_undo: tuple[str, ...] = ()
    """Who would have been asked. Nobody where a release before that allowed it, or where the rules
    of its steps have nobody in common."""


COMMANDER = "commander"
"""Stands for whoever leads the incident, among those who may approve."""


class ApprovalGroup(Frozen):
    """So many different people of these."""

    approvers: tuple[str, ...]
    """User ids, group handles, rotas and `commander`; being behind one of them is enough."""
    count: int = Field(default=1, ge=1)


class Ask(_Judged):
    """Waits for people."""

    kind: Literal["ask"] = "ask"
    reason: str = ""
    approvals: int = Field(1, ge=1)
    """How many people in all."""
    approvers: tuple[str, ...]
    """User ids, group handles, rotas and `commander`; any of them may approve."""
    groups: tuple[ApprovalGroup, ...] = ()
    """Where one group alone can't approve: each needs its own people, nobody counts for two."""
    expires_seconds: float = Field(gt=0)
    risk: Risk | None = None
    """As policy computed it; None where a release before that asked."""

    @property
    def needs(self) -> tuple[ApprovalGroup, ...]:
        return self.groups or (ApprovalGroup(approvers=self.approvers, count=self.approvals),)


class Deny(_Judged):
    """Does not run."""

    kind: Literal["deny"] = "deny"
    reason: str


class Escalate(_Judged):
    """Is handed to a person: not for a bot to run, nor for a button to approve."""

    kind: Literal["escalate"] = "escalate"
    reason: str


Verdict = Allow | Ask | Deny | Escalate


def answerable(verdict: Verdict) -> tuple[str, ...]:
    """Who may approve a plan and have it undone; of one that policy allows, only the latter."""
    match verdict:
        case Ask():
            return verdict.approvers
        case Allow():
            return verdict.may_undo
        case _:
            return ()


class Decision(Frozen):
    """One person's answer to an approval."""

    choice: Literal["approve", "reject"]
    by: str
    at: datetime
    reason: str = ""
    via: tuple[str, ...] = ()
    """Those of the approvers that the person was behind at the click."""


def is_person(actor: str) -> bool:
    """Whether an actor is somebody in Slack: senders, rules and opsbot are written otherwise."""
    return re.fullmatch(r"[UW][A-Z0-9]+", actor) is not None


def _figureless(text: str) -> str:
    return re.sub(r"[\d.,]+", "#", text.casefold())


def _sha256(value: object) -> str:
    body = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(body.encode()).hexdigest()


def cap(confidence: Confidence, ceiling: Confidence) -> Confidence:
    """The lower of the two."""
    return min(confidence, ceiling, key=CONFIDENCE_ORDER.index)
