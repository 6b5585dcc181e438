"""The parts incidents are told from: alerts, plans, verdicts, and events in their order."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain import events as e
from bot.domain.incident import Incident
from bot.domain.values import (
    Alert,
    Allow,
    Ask,
    Deny,
    Diagnosis,
    Escalate,
    FollowUp,
    Hypothesis,
    Plan,
    Reading,
    Step,
    Verdict,
    Words,
)
from tools.kit.types import Change, DryRun, Effect, Handle, Target

START = datetime(2026, 11, 23, 1, 47, tzinfo=UTC)
EXPIRES = 900.0
DEADLINE = 30.0


def at(seconds: float) -> datetime:
    """That many seconds after the incident's first alert."""
    return START + timedelta(seconds=seconds)


def alert(fingerprint: str = "fp-1", **changes: Any) -> Alert:
    given: dict[str, Any] = {
        "fingerprint": fingerprint,
        "source": "alertmanager",
        "status": "firing",
        "title": "the lamp is red",
        "labels": {"lamp": "hall"},
        "starts_at": START,
        "service": "lamps",
        "environment": "production",
    }
    return Alert.model_validate({**given, **changes})


def diagnosis(**changes: Any) -> Diagnosis:
    cause = Hypothesis(cause="someone painted it", confidence="high", supported_by=("E1",))
    given: dict[str, Any] = {
        "by": "runbook",
        "hypotheses": (cause,),
        "follow_ups": (FollowUp(summary="Find the painter"),),
    }
    return Diagnosis.model_validate({**given, **changes})


def guard(**changes: Any) -> Reading:
    given: dict[str, Any] = {
        "title": "dust",
        "tool": "look",
        "params": {"lamp": "hall"},
        "captures": {"grams": "dust"},
        "expect": "grams < 10",
        "show": "${grams} g (limit 10)",
        "shown": "1 g (limit 10)",
    }
    return Reading.model_validate({**given, **changes})


def step(index: int = 0, **changes: Any) -> Step:
    """Step `index` paints lamp `hall`, `attic` …: red → green."""
    lamp = ("hall", "attic", "cellar")[index]
    given: dict[str, Any] = {
        "tool": "paint",
        "version": 1,
        "params": {"lamp": lamp, "colour": "green"},
        "effect": Effect.WRITE,
        "reversible": True,
        "dry_run": DryRun(
            summary=f"Paint {lamp}: red → green",
            targets=(Target(kind="lamp", name=lamp),),
            changes=(Change(target=lamp, field="colour", before="red", after="green"),),
        ),
        "cites": f"red-lamp#{index + 1}",
    }
    return Step.model_validate({**given, **changes})


def plan(name: str = "P1", *, steps: int = 2, **changes: Any) -> Plan:
    given: dict[str, Any] = {
        "id": name,
        "purpose": "books" if name.startswith("books") else "fix",
        "steps": tuple(step(i) for i in range(steps)),
        "verify": (guard(title="all green", expect="grams < 20"),),
        "requester": "runbook",
        "resolution": "painted it green",
    }
    return Plan.model_validate({**given, **changes})


def ask(approvals: int = 1, rule: str = "change") -> Ask:
    return Ask(rule=rule, approvals=approvals, approvers=("@oncall",), expires_seconds=EXPIRES)


WORDS = Words(summary="red", stakeholders="it is dark", status_page="we are on it")
ALLOW = Allow(rule="auto")
DENY = Deny(rule="never", reason="never on a Monday")
ESCALATE = Escalate(rule="outside", reason="this is in no runbook")


def opened(**changes: Any) -> e.IncidentOpened:
    first = alert(**changes)
    return e.IncidentOpened(
        at=at(0),
        actor=first.source,
        title=first.title,
        severity=first.severity,
        service=first.service,
        environment=first.environment,
        alert=first,
    )


def diagnosed() -> e.DiagnosisReached:
    return e.DiagnosisReached(at=at(1), actor="opsbot", diagnosis=diagnosis())


def proposed(which: Plan | None = None, verdict: Verdict | None = None) -> list[e.IncidentEvent]:
    """The plan and, where the verdict asks, the request for its approval."""
    chosen, says = which or plan(), verdict or ask()
    events: list[e.IncidentEvent] = [
        e.PlanProposed(at=at(2), actor="opsbot", plan=chosen, verdict=says)
    ]
    if isinstance(says, Ask):
        events.append(
            e.ApprovalRequested(
                at=at(2),
                actor="opsbot",
                plan_id=chosen.id,
                digest=chosen.digest(says.rule),
                approvals=says.approvals,
                approvers=says.approvers,
                expires_at=at(2 + EXPIRES),
            )
        )
    return events


def decided(choice: str = "approve", by: str = "U1", which: Plan | None = None) -> e.IncidentEvent:
    chosen = which or plan()
    return e.ApprovalDecided.model_validate(
        {
            "at": at(10),
            "actor": by,
            "plan_id": chosen.id,
            "digest": chosen.digest("change"),
            "choice": choice,
        }
    )


def voided(cause: str, plan_id: str = "P1") -> e.PlanVoided:
    return e.PlanVoided.model_validate(
        {"at": at(11), "actor": "opsbot", "plan_id": plan_id, "cause": cause, "reason": cause}
    )


def started(index: int = 0, plan_id: str = "P1") -> e.ActionStarted:
    return e.ActionStarted(
        at=at(12 + index),
        actor="opsbot",
        plan_id=plan_id,
        step=index,
        key=f"key-{index + 1}",
        checkpoint={"colour": "red"},
        deadline=at(12 + index + DEADLINE),
    )


def finished(index: int = 0, outcome: str = "succeeded", plan_id: str = "P1") -> e.ActionFinished:
    handle = Handle(ref=f"key-{index + 1}", summary="painted") if outcome == "succeeded" else None
    return e.ActionFinished.model_validate(
        {
            "at": at(13 + index),
            "actor": "opsbot",
            "plan_id": plan_id,
            "step": index,
            "outcome": outcome,
            "summary": outcome,
            "handle": handle,
        }
    )


def verified(index: int = 0, *, passed: bool = True, plan_id: str = "P1") -> e.ActionVerified:
    return e.ActionVerified(
        at=at(14 + index),
        actor="opsbot",
        plan_id=plan_id,
        step=index,
        passed=passed,
        summary="green" if passed else "still red",
    )


def done(index: int = 0, plan_id: str = "P1") -> list[e.IncidentEvent]:
    """Step `index` from its start to its verification."""
    return [
        started(index, plan_id),
        finished(index, plan_id=plan_id),
        verified(index, plan_id=plan_id),
    ]


def recovered(*, passed: bool = True) -> e.RecoveryVerified:
    return e.RecoveryVerified(
        at=at(20), actor="opsbot", plan_id="P1", passed=passed, summary="dust: 1 g"
    )


def undoing(index: int = 0) -> e.RollbackStarted:
    return e.RollbackStarted(
        at=at(30), actor="opsbot", plan_id="P1", step=index, key="key-undo", deadline=at(60)
    )


def undone(index: int = 0, outcome: str = "succeeded") -> e.RollbackFinished:
    return e.RollbackFinished.model_validate(
        {
            "at": at(31),
            "actor": "opsbot",
            "plan_id": "P1",
            "step": index,
            "outcome": outcome,
            "summary": outcome,
        }
    )


def skipped(milestone: str) -> e.BooksSkipped:
    return e.BooksSkipped.model_validate(
        {"at": at(3), "actor": "opsbot", "milestone": milestone, "reason": "no tracker"}
    )


def resolved() -> e.IncidentResolved:
    return e.IncidentResolved(at=at(40), actor="opsbot", summary="painted it green")


def told(*parts: e.IncidentEvent | Iterable[e.IncidentEvent]) -> Incident:
    """The incident after these events, in order; lists of events are told one by one."""
    flat: list[e.IncidentEvent] = []
    for part in parts:
        flat.extend([part] if isinstance(part, e.Event) else part)
    return Incident.fold("INC-1", [[event] for event in flat])
