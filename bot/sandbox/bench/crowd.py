"""Incidents that wait for an approval, told straight to a ledger: as many as are wanted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.adapters.redis_ledger import RedisLedger
from bot.domain import events as e
from bot.domain.values import Alert, Ask, Diagnosis, Hypothesis, Plan, Step
from bot.sandbox.slack.workspace import MAYA
from bot.slack.ids import PlanRef
from tools.kit.types import Change, DryRun, Effect, Target

_EXPIRES_SECONDS = 3600.0
_RULE = "change"


async def ask(ledger: RedisLedger, number: int) -> PlanRef:
    """Open `INC-<number>`, which waits for Maya; what its Approve button carries."""
    incident, now = f"INC-{number}", datetime.now(UTC)
    plan = _plan(number)
    events: list[e.IncidentEvent] = [
        _opened(number, now),
        e.DiagnosisReached(at=now, actor="opsbot", diagnosis=_diagnosis()),
        e.PlanProposed(
            at=now,
            actor="opsbot",
            plan=plan,
            verdict=Ask(
                rule=_RULE, approvals=1, approvers=(MAYA.id,), expires_seconds=_EXPIRES_SECONDS
            ),
        ),
        e.ApprovalRequested(
            at=now,
            actor="opsbot",
            plan_id=plan.id,
            digest=plan.digest(_RULE),
            approvals=1,
            approvers=(MAYA.id,),
            expires_at=now + timedelta(seconds=_EXPIRES_SECONDS),
        ),
    ]
    await ledger.commit(await ledger.load(incident), events)
    return PlanRef(incident=incident, plan=plan.id, digest=plan.digest(_RULE))


def _opened(number: int, now: datetime) -> e.IncidentOpened:
    alert = Alert(
        fingerprint=f"bench-{number}",
        source="bench",
        status="firing",
        title=f"Job {number} failed (exit code 1)",
        starts_at=now,
        service=f"service-{number}",
        environment="production",
        severity="sev2",
    )
    return e.IncidentOpened(
        at=now,
        actor=alert.source,
        title=alert.title,
        severity=alert.severity,
        service=alert.service,
        environment=alert.environment,
        alert=alert,
    )


def _diagnosis() -> Diagnosis:
    cause = Hypothesis(cause="its source is behind", confidence="high", supported_by=("E1",))
    return Diagnosis(by="runbook", hypotheses=(cause,))


def _plan(number: int) -> Plan:
    job = f"job-{number}"
    step = Step(
        tool="rerun_job",
        version=1,
        params={"job": job},
        effect=Effect.WRITE,
        reversible=False,
        dry_run=DryRun(
            summary=f"Run {job} once",
            targets=(Target(kind="job", name=job),),
            changes=(Change(target=job, field="run", before="failed", after="one new run"),),
        ),
    )
    return Plan(id="P1", purpose="fix", steps=(step,), requester="runbook", resolution="run again")
