"""What may be asked of people about a plan, and what they may answer. Part of `decide`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.incident import Incident
from bot.domain.plan_state import PlanState, PlanStatus
from bot.domain.refusals import (
    AlreadyDecidedError,
    CommandRefusedError,
    ExpiredError,
    OwnRequestError,
    PlanChangedError,
)
from bot.domain.values import COMMANDER, Ask, Plan, Verdict


def propose(command: c.Command, plan: Plan, verdict: Verdict) -> list[e.IncidentEvent]:
    """The plan and, where the verdict asks, the request for its approval."""
    by: dict[str, Any] = {"at": command.at, "actor": command.actor}
    proposed = e.PlanProposed(**by, plan=plan, verdict=verdict)
    if not isinstance(verdict, Ask):
        return [proposed]
    return [
        proposed,
        e.ApprovalRequested(
            **by,
            plan_id=plan.id,
            digest=plan.digest(verdict.rule),
            approvals=verdict.approvals,
            approvers=verdict.approvers,
            groups=verdict.groups,
            expires_at=command.at + timedelta(seconds=verdict.expires_seconds),
        ),
    ]


def decided(incident: Incident, command: c.DecideApproval) -> list[e.IncidentEvent]:
    """One person's answer, to the plan as it was shown and while it waits."""
    state = plan_of(incident, command.plan_id)
    again = command.actor not in state.approvers
    _require_waiting(state, command.digest, command.at, again=again)
    if command.choice == "approve" and command.actor in state.plan.prompters:
        raise OwnRequestError("whoever prompted or edited a plan can't approve it alone")
    return [
        e.ApprovalDecided(
            at=command.at,
            actor=command.actor,
            plan_id=command.plan_id,
            digest=command.digest,
            choice=command.choice,
            reason=command.reason,
            via=still_behind(incident, command.actor, command.via),
        )
    ]


def still_behind(incident: Incident, actor: str, via: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the approvers that the person is behind now: command may have gone to another since
    it was asked who they are. Raises CommandRefusedError where none is left."""
    kept = tuple(name for name in via if name != COMMANDER or actor == incident.commander)
    if via and not kept:
        raise CommandRefusedError(f"you don't command {incident.id} any more")
    return kept


def narrowed(incident: Incident, command: c.NarrowPlan) -> list[e.IncidentEvent]:
    """The smaller plan instead of the one that waits; what was approved of that is void."""
    plan = command.plan
    require_narrowable(incident, command.plan_id, command.digest, command.at)
    if plan.id in incident.plans or plan.purpose != "fix":
        raise PlanChangedError(
            f"plan {command.plan_id!r} is not one to make smaller by {plan.id!r}"
        )
    if plan.requester != command.actor:
        raise CommandRefusedError("whoever makes a plan smaller is the one who asks for it")
    digest = plan.digest(command.verdict.rule)
    void = e.PlanVoided(
        at=command.at,
        actor=command.actor,
        plan_id=command.plan_id,
        cause="replaced",
        reason=f"replaced by plan {digest[:4]} (edited by {command.actor})",
    )
    return [void, *propose(command, plan, command.verdict)]


def require_narrowable(incident: Incident, plan_id: str, digest: str, at: datetime) -> PlanState:
    """The plan, where it may be made smaller now. Raises CommandRefusedError that says why not."""
    state = plan_of(incident, plan_id)
    _require_waiting(state, digest, at, again=True)
    if incident.fix is not state or incident.resolved_at:
        raise PlanChangedError(f"plan {plan_id!r} is not one to make smaller")
    return state


def plan_of(incident: Incident, plan_id: str) -> PlanState:
    """Raises CommandRefusedError where the incident has no such plan."""
    try:
        return incident.plans[plan_id]
    except KeyError as error:
        raise CommandRefusedError(f"{incident.id} has no plan {plan_id!r}") from error


def _require_waiting(state: PlanState, digest: str, at: datetime, *, again: bool) -> None:
    """Raises why the plan takes no answer now; `again`: this person may still give one."""
    if state.digest != digest:
        raise PlanChangedError(f"plan {state.plan.id!r} is {state.digest[:4]} now")
    if state.void and state.void.cause == "expired" and state.expires_at:
        raise ExpiredError(state.expires_at)
    if state.void:
        raise PlanChangedError(state.void.reason)
    if state.status is not PlanStatus.AWAITING or not again:
        if not state.decisions:
            raise PlanChangedError(f"plan {state.plan.id!r} is not waiting for anyone")
        last = state.decisions[-1]
        raise AlreadyDecidedError(
            "approved" if last.choice == "approve" else "rejected", last.by, last.at
        )
    if state.expires_at is None:
        raise PlanChangedError(f"plan {state.plan.id!r} was put before nobody yet")
    if at >= state.expires_at:
        raise ExpiredError(state.expires_at)
