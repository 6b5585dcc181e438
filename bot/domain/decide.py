"""Command and state in, events out: every rule about what may follow what."""

from __future__ import annotations

from typing import Any

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.consent import decided, narrowed, plan_of, propose
from bot.domain.hints import hinted
from bot.domain.incident import Incident
from bot.domain.intervention import halted, handed, undo_approved
from bot.domain.plan_state import PlanState, PlanStatus, StepStatus
from bot.domain.refusals import CommandRefusedError, OutOfOrderError, PlanChangedError
from bot.domain.responders import (
    command_taken,
    handover_offered,
    noted,
    reopened,
    resolved,
    severity_changed,
)
from bot.domain.settle import settle
from bot.domain.waiting import waiting


def decide(incident: Incident, command: c.Command) -> list[e.IncidentEvent]:
    """The events that `command` brings about; none where it changes nothing.

    Raises CommandRefusedError where the command does not fit the state.
    """
    events = _decide(incident, command)
    after = incident
    for event in events:
        after = after.evolve(event)
    return [*events, *settle(after, command)] if events else []


def _decide(incident: Incident, command: c.Command) -> list[e.IncidentEvent]:
    by: dict[str, Any] = {"at": command.at, "actor": command.actor}
    if isinstance(command, c.OpenIncident):
        alert = command.alert
        if incident.exists:
            return _join(incident, c.JoinAlert(**by, alert=alert))
        return [
            e.IncidentOpened(
                **by,
                title=alert.title,
                severity=alert.severity,
                service=alert.service,
                environment=alert.environment,
                impact=command.impact,
                alert=alert,
            )
        ]
    if not incident.exists:
        raise CommandRefusedError(f"there is no incident {incident.id!r}")
    match command:
        case c.JoinAlert():
            return _join(incident, command)
        case c.ClearAlert(fingerprint=fingerprint):
            known = incident.alerts.get(fingerprint)
            if known is None or known.status == "resolved":
                return []
            return [e.AlertCleared(**by, fingerprint=fingerprint, starts_at=command.starts_at)]
        case c.AssignThreads():
            if incident.threads or incident.diagnosis is not None or incident.resolved_at:
                return []
            return [e.ThreadsAssigned(**by, threads=command.threads, deadline=command.deadline)]
        case c.FinishThread(thread=thread):
            assigned = incident.threads.get(thread)
            if assigned is None or assigned.finished or incident.diagnosis is not None:
                return []
            return [
                e.ThreadFinished(
                    **by,
                    thread=thread,
                    summary=command.summary,
                    failed=command.failed,
                    diagnosis=command.diagnosis,
                    plan=command.plan,
                )
            ]
        case c.Conclude():
            if incident.diagnosis is not None or incident.resolved_at:
                return []
            if command.plan is None and command.services and incident.services - command.services:
                return []  # it grew while it was looked into
            reached = e.DiagnosisReached(**by, diagnosis=command.diagnosis)
            if command.plan is None or command.verdict is None:
                return [reached]
            if command.plan.id in incident.plans:
                return [reached]  # another was proposed while this one was thought of
            return [reached, *propose(command, command.plan, command.verdict)]
        case c.DraftWords(words=words):
            return [] if incident.words else [e.WordsDrafted(**by, words=words)]
        case c.ProposePlan(plan=plan, verdict=verdict):
            late = incident.resolved_at is not None and plan.purpose == "fix"
            if plan.id in incident.plans or late:
                return []
            return propose(command, plan, verdict)
        case c.DecideApproval():
            return decided(incident, command)
        case c.NarrowPlan():
            return narrowed(incident, command)
        case c.ExpireApproval(plan_id=plan_id):
            state = plan_of(incident, plan_id)
            if state.status is not PlanStatus.AWAITING or not state.expires_at:
                return []
            if command.at < state.expires_at:
                return []
            reason = f"expired {state.expires_at:%H:%M}, nothing ran"
            return [e.PlanVoided(**by, plan_id=plan_id, cause="expired", reason=reason)]
        case c.HaltPlan():
            return halted(incident, command)
        case c.HandPlan():
            return handed(incident, command)
        case c.ApproveUndo():
            return undo_approved(incident, command)
        case c.VoidPlan(plan_id=plan_id):
            state = plan_of(incident, plan_id)
            waits = state.status in (PlanStatus.AWAITING, PlanStatus.READY, PlanStatus.RUNNING)
            if not waits or any(s.status is StepStatus.STARTED for s in state.steps):
                raise OutOfOrderError(f"plan {plan_id!r} is under way or has ended")
            return [e.PlanVoided(**by, plan_id=plan_id, cause=command.cause, reason=command.reason)]
        case c.RequestReplan(plan_id=plan_id):
            state = plan_of(incident, plan_id)
            latest = incident.fix is state and not incident.resolved_at
            if not latest or not state.may_ask_again:
                raise PlanChangedError(f"plan {plan_id!r} is not one to ask for again")
            return [e.ReplanRequested(**by, plan_id=plan_id)]
        case c.StartStep(plan_id=plan_id, step=step):
            state = plan_of(incident, plan_id)
            runnable = state.status in (PlanStatus.READY, PlanStatus.RUNNING) and not state.halt
            if not runnable or state.current != step or _at(state, step) is not StepStatus.PENDING:
                raise OutOfOrderError(f"step {step + 1} of {plan_id!r} is {_at(state, step).value}")
            return [
                e.ActionStarted(
                    **by,
                    plan_id=plan_id,
                    step=step,
                    key=command.key,
                    checkpoint=command.checkpoint,
                    deadline=command.deadline,
                    rule=state.verdict.rule,
                    policy=command.policy,
                    digest=state.digest,
                    approved_by=state.approvers,
                    services=command.services,
                )
            ]
        case c.FinishStep(plan_id=plan_id, step=step):
            _expect(incident, plan_id, step, StepStatus.STARTED)
            return [
                e.ActionFinished(
                    **by,
                    plan_id=plan_id,
                    step=step,
                    outcome=command.outcome,
                    summary=command.summary,
                    handle=command.handle,
                )
            ]
        case c.VerifyStep(plan_id=plan_id, step=step):
            _expect(incident, plan_id, step, StepStatus.SUCCEEDED)
            return [
                e.ActionVerified(
                    **by,
                    plan_id=plan_id,
                    step=step,
                    passed=command.passed,
                    summary=command.summary,
                )
            ]
        case c.VerifyRecovery(plan_id=plan_id):
            state = plan_of(incident, plan_id)
            if state.recovered is not None or not state.all_verified:
                raise OutOfOrderError(f"plan {plan_id!r} is not waiting for its recovery")
            return [
                e.RecoveryVerified(
                    **by, plan_id=plan_id, passed=command.passed, summary=command.summary
                )
            ]
        case c.StartRollback(plan_id=plan_id, step=step):
            state = plan_of(incident, plan_id)
            if step not in state.undoable[:1] or _at(state, step) is StepStatus.UNDOING:
                raise OutOfOrderError(f"step {step + 1} of {plan_id!r} is not to be undone now")
            return [
                e.RollbackStarted(
                    **by,
                    plan_id=plan_id,
                    step=step,
                    key=command.key,
                    deadline=command.deadline,
                    approved_by=command.approved_by,
                )
            ]
        case c.FinishRollback(plan_id=plan_id, step=step):
            allowed, state = [StepStatus.UNDOING], plan_of(incident, plan_id)
            if command.outcome == "refused" and step in (*state.undoable[:1], *state.revertible):
                allowed.append(_at(state, step))
            _expect(incident, plan_id, step, *allowed)
            return [
                e.RollbackFinished(
                    **by,
                    plan_id=plan_id,
                    step=step,
                    outcome=command.outcome,
                    summary=command.summary,
                    moved=command.moved,
                )
            ]
        case c.SkipBooks(milestone=milestone):
            if milestone in incident.skipped_books or f"books-{milestone}" in incident.plans:
                return []
            return [e.BooksSkipped(**by, milestone=milestone, reason=command.reason)]
        case c.CallPerson():
            return [
                e.PersonCalled(
                    **by, to=command.oncall, reason=command.reason, plan_id=command.plan_id
                )
            ]
        case c.CallAgain(rung=rung):
            due = waiting(incident)
            if due is None or (len(incident.calls), due.rung) != (command.calls, rung):
                return []
            who: dict[str, Any] = {"to": command.to, "then": command.then, "rung": rung}
            return [e.PersonCalled(**by, **who, reason=command.reason)]
        case c.TakeIncident():
            if incident.resolved_at:
                raise CommandRefusedError(f"{incident.id} is resolved already")
            return [] if incident.taken_by == command.actor else [e.IncidentTaken(**by)]
        case c.StopIncident(name=name, reason=reason):
            if incident.resolved_at:
                raise CommandRefusedError(f"{incident.id} is resolved, so nothing runs there")
            return [] if incident.stop else [e.IncidentStopped(**by, name=name, reason=reason)]
        case c.ResumeIncident(name=name, reason=reason):
            return [e.IncidentResumed(**by, name=name, reason=reason)] if incident.stop else []
        case c.GiveHint():
            return hinted(incident, command)
        case c.ChangeSeverity():
            return severity_changed(incident, command)
        case c.OfferHandover():
            return handover_offered(incident, command)
        case c.TakeCommand():
            return command_taken(incident, command)
        case c.AddNote():
            return noted(incident, command)
        case c.Resolve():
            return resolved(incident, command)
        case c.Reopen():
            return reopened(incident, command)
        case c.Report():
            return [] if incident.reported_at else [e.IncidentReported(**by)]
        case _:
            raise TypeError(f"no rule for {type(command).__name__}")


def _join(incident: Incident, command: c.JoinAlert) -> list[e.IncidentEvent]:
    if incident.resolved_at:
        raise CommandRefusedError(f"{incident.id} is resolved; an alert that fires opens another")
    known = incident.alerts.get(command.alert.fingerprint)
    if known is not None and known.starts_at >= command.alert.starts_at:
        return []  # a repeat, or a late word of what has cleared
    return [e.AlertJoined(at=command.at, actor=command.actor, alert=command.alert)]


def _at(state: PlanState, step: int) -> StepStatus:
    if not 0 <= step < len(state.steps):
        raise CommandRefusedError(f"{state.plan.id!r} has no step {step + 1}")
    return state.steps[step].status


def _expect(incident: Incident, plan_id: str, step: int, *allowed: StepStatus) -> None:
    status = _at(plan_of(incident, plan_id), step)
    if status not in allowed:
        raise OutOfOrderError(f"step {step + 1} of {plan_id!r} is {status.value}")
