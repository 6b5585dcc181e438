"""What the demo tells at its end: one object, read from ledger, Slack and the company."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.domain import events as e
from bot.domain.incident import Incident
from bot.domain.plan_state import PlanState, StepState, StepStatus
from bot.domain.values import Step
from bot.slack.plain import plain


def record(
    incident: Incident,
    work: Sequence[e.WorkEvent],
    messages: Sequence[dict[str, Any]],
    effects: Sequence[dict[str, Any]],
    tickets: Sequence[dict[str, str]],
    alerted_at: float,
    finished_at: datetime,
) -> dict[str, Any]:
    """`alerted_at`: when the alert was sent, seconds since the epoch."""
    reached, call = incident.diagnosis, incident.calls[-1] if incident.calls else None
    fix = incident.fix
    started = fix.steps[0].started_at if fix else None
    return {
        "incident": {
            "id": incident.id,
            "status": incident.status.value,
            "severity": incident.severity,
            "service": incident.service,
            "opened_at": _iso(incident.opened_at),
            "resolved_at": _iso(incident.resolved_at),
        },
        "thread": [{"ts": m["ts"], "user": m.get("user", ""), "text": plain(m)} for m in messages],
        "evidence": [
            {
                "tool": w.evidence.tool,
                "query": w.evidence.query,
                "summary": w.evidence.summary,
            }
            for w in work
            if isinstance(w, e.EvidenceRecorded)
        ],
        "diagnosis": {
            "cause": reached.cause,
            "confidence": reached.confidence,
            "runbook": reached.runbook.id if reached.runbook else None,
        }
        if reached
        else None,
        "actions": [
            _action(state, step, done)
            for state in incident.fixes
            for step, done in zip(state.plan.steps, state.steps, strict=True)
        ],
        "effects": list(effects),
        "tickets": [{k: t[k] for k in ("key", "status", "summary")} for t in tickets],
        "escalation": {"to": list(call.to), "reason": call.reason, "at": _iso(call.at)}
        if call
        else None,
        "seconds": {
            "alert_to_thread": _since(alerted_at, float(messages[0]["ts"]) if messages else None),
            "alert_to_diagnosis": _since(alerted_at, _epoch(incident.diagnosed_at)),
            "approval_to_start": _between(fix.ready_at if fix else None, started),
            "total": _since(alerted_at, finished_at.timestamp()),
        },
    }


def _action(state: PlanState, step: Step, done: StepState) -> dict[str, Any]:
    verified = {StepStatus.VERIFIED: True, StepStatus.FAILED: False}.get(done.status)
    outcome = None
    if done.finished_at:
        outcome = "succeeded" if done.landed else done.status.value
    return {
        "tool": step.tool,
        "params": step.params,
        "digest": step.digest,
        "verdict": state.verdict.kind,
        "rule": state.verdict.rule,
        "decided_by": state.decided_by,
        "outcome": outcome,
        "verified": False if done.failure else verified or done.status is StepStatus.UNDONE or None,
        "rolled_back": done.status is StepStatus.UNDONE,
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _epoch(at: datetime | None) -> float | None:
    return at.timestamp() if at else None


def _since(start: float, end: float | None) -> float | None:
    return None if end is None else round(end - start, 3)


def _between(start: datetime | None, end: datetime | None) -> float | None:
    return round((end - start).total_seconds(), 3) if start and end else None
