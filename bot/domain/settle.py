"""What follows of itself: an end that no one has to ask for, a person who has to be called."""

from __future__ import annotations

from typing import Any

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.incident import Incident
from bot.domain.intervention import halt_words
from bot.domain.plan_state import PlanState, PlanStatus, StepStatus
from bot.domain.values import Deny, Escalate, is_person


def settle(incident: Incident, command: c.Command) -> list[e.IncidentEvent]:
    """Events that complete `command`, given the state its own events led to."""
    void = _halt(incident, command)
    return [void, *_follow(incident.evolve(void), command)] if void else _follow(incident, command)


def _halt(incident: Incident, command: c.Command) -> e.PlanVoided | None:
    """A plan that somebody halted is over as soon as none of its steps is under way."""
    if not isinstance(command, c.HaltPlan | c.VerifyStep):
        return None
    state = incident.plans[command.plan_id]
    if not state.halt or state.status not in (PlanStatus.READY, PlanStatus.RUNNING):
        return None
    if state.current is None or state.steps[state.current].status is not StepStatus.PENDING:
        return None
    return e.PlanVoided(
        at=command.at,
        actor=command.actor,
        plan_id=command.plan_id,
        cause="halted",
        reason=halt_words(state),
    )


def _follow(incident: Incident, command: c.Command) -> list[e.IncidentEvent]:
    unhelped = _undo_failed(incident, command)
    if unhelped:
        return [unhelped]
    if incident.resolved_at:
        return []
    if isinstance(command, c.ClearAlert) or _over_without_it(incident, command):
        return _cleared(incident, command)
    reason = _needs_person(incident, command)
    if reason is not None:
        by: dict[str, Any] = {"at": command.at, "actor": command.actor, "to": command.oncall}
        if isinstance(command, c.HandPlan):
            # It is that person's now: nobody is asked for it again.
            by |= {"plan_id": command.plan_id, "anew": True}
        return [e.PersonCalled(**by, reason=reason)]
    fix = incident.fix
    verified = isinstance(command, c.VerifyStep | c.VerifyRecovery)
    if verified and fix and fix.status is PlanStatus.DONE:
        summary = fix.plan.resolution or "the fix was verified"
        return [e.IncidentResolved(at=command.at, actor=command.actor, summary=summary)]
    return []


def _undo_failed(incident: Incident, command: c.Command) -> e.PersonCalled | None:
    """Whoever had something undone is called where it wasn't, also when the incident is over."""
    if not isinstance(command, c.FinishRollback) or command.outcome == "succeeded":
        return None
    state = incident.plans[command.plan_id]
    if state.undo is None or command.step not in state.undo.steps or is_person(command.actor):
        return None
    reason = f"step {command.step + 1} could not be undone: {command.summary}"
    return e.PersonCalled(at=command.at, actor=command.actor, to=(state.undo.actor,), reason=reason)


def _over_without_it(incident: Incident, command: c.Command) -> bool:
    """The fix failed or was undone and left nothing in doubt, and meanwhile every alert cleared."""
    ends = isinstance(
        command,
        c.FinishStep | c.VerifyStep | c.VerifyRecovery | c.FinishRollback | c.VoidPlan | c.HaltPlan,
    )
    fix = incident.fix
    if not ends or incident.firing or fix is None:
        return False
    if fix.status is not PlanStatus.FAILED and not fix.undo:
        return False
    in_doubt = {StepStatus.UNKNOWN, StepStatus.STUCK}
    return not any(step.status in in_doubt for step in fix.steps)


def _cleared(incident: Incident, command: c.Command) -> list[e.IncidentEvent]:
    """All alerts cleared: it is over, unless our own fix is still under way."""
    if incident.firing or any(fix.live for fix in incident.fixes):
        return []
    void = [
        e.PlanVoided(
            at=command.at,
            actor=command.actor,
            plan_id=fix.plan.id,
            cause="cleared",
            reason="the alert cleared by itself, nothing ran",
        )
        for fix in incident.fixes
        if fix.status in (PlanStatus.AWAITING, PlanStatus.READY)
    ]
    return [
        *void,
        e.IncidentResolved(
            at=command.at, actor=command.actor, summary="the alert cleared by itself"
        ),
    ]


def _needs_person(incident: Incident, command: c.Command) -> str | None:
    match command:
        case c.JoinAlert(alert=alert):
            return _fires_again(incident) if incident.firing == (alert,) else None
        case c.Conclude(verdict=Deny() | Escalate() as verdict):
            return verdict.reason
        case c.ProposePlan(verdict=Deny() | Escalate() as verdict, plan=plan):
            return verdict.reason if plan.purpose == "fix" else None
        case c.DecideApproval(choice="reject") if _fix_of(incident, command.plan_id):
            return f"the fix was rejected: {command.reason or 'no reason given'}"
        case c.ExpireApproval() if _fix_of(incident, command.plan_id):
            return "nobody decided in time, so nothing ran"
        case c.VoidPlan():
            fix = _fix_of(incident, command.plan_id)
            idle = fix and fix.status is PlanStatus.VOID
            if idle and command.cause in ("failed", "stopped"):
                return f"{command.reason}; nothing ran"
            return _failed(fix) if fix else None
        case c.HandPlan(name=name):
            return f"{name} handed the fix to a person; nothing ran"
        case c.HaltPlan():
            fix = _fix_of(incident, command.plan_id)
            if fix and fix.status is PlanStatus.VOID:
                return f"{halt_words(fix)}; nothing ran"
            return _failed(fix) if fix else None
        case c.FinishRollback() if _by_person(incident, command):
            return None
        case c.FinishStep() | c.VerifyStep() | c.VerifyRecovery() | c.FinishRollback():
            fix = _fix_of(incident, command.plan_id)
            return _failed(fix) if fix else None
        case _:
            return None


def _by_person(incident: Incident, command: c.FinishRollback) -> bool:
    """Whoever had it undone, or tried to, is at it."""
    undo = incident.plans[command.plan_id].undo
    return is_person(command.actor) or (undo is not None and command.step in undo.steps)


def _fires_again(incident: Incident) -> str | None:
    """All was quiet, and what is left of the last fix is a person's: nothing else looks at it."""
    fix = incident.fix
    failed = fix is not None and fix.status is PlanStatus.FAILED and not fix.live
    return "the alert fires again, after a fix that failed" if failed else None


def _fix_of(incident: Incident, plan_id: str) -> PlanState | None:
    state = incident.plans[plan_id]
    return state if state.plan.purpose == "fix" else None


def _failed(state: PlanState) -> str | None:
    """Why a person has to take over, once nothing more happens of itself."""
    if state.status is not PlanStatus.FAILED or state.undoable:
        return None
    steps = dict(enumerate(state.steps, start=1))
    for number, step in steps.items():
        if step.status is StepStatus.UNKNOWN:
            return f"whether step {number} ran is unknown: {step.summary}"
        if step.status is StepStatus.STUCK:
            return f"step {number} could not be undone: {step.summary}"
    failed = [f"step {n} failed: {s.failure}" for n, s in steps.items() if s.failure]
    undone = [n for n, s in steps.items() if s.status is StepStatus.UNDONE]
    what = failed[0] if failed else state.recovery or (state.void.reason if state.void else "")
    what = what or "the fix failed, and nothing said why"
    if state.ended_by_hand:
        ran = ", ".join(str(n) for n, step in steps.items() if step.landed)
        return f"{what}; of {len(steps)} steps {ran} had run and stays as it is"
    return f"{what}; step {', '.join(map(str, undone))} undone" if undone else what
