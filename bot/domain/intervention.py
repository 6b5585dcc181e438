"""What people may do about a plan besides deciding on it: halt it, hand it over, have it undone.
Part of `decide`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.consent import plan_of, require_narrowable, still_behind
from bot.domain.incident import Incident
from bot.domain.plan_state import PlanState, PlanStatus, StepStatus
from bot.domain.refusals import AlreadyDecidedError, CommandRefusedError, PlanChangedError

UNDO_WITHIN = timedelta(hours=24)
"""How long one click undoes what is done; later too much may rest on it."""
_BY_HAND = ("halted", "handed", "stopped", "resolved")
"""Causes for which a plan is void because a person wanted it to be."""


def halted(incident: Incident, command: c.HaltPlan) -> list[e.IncidentEvent]:
    """The step that runs comes to its end; `settle` then voids the plan."""
    state = _shown(incident, command.plan_id, command.digest)
    if state.halt:
        raise AlreadyDecidedError("halted", state.halt.actor, state.halt.at)
    if state.status not in (PlanStatus.READY, PlanStatus.RUNNING):
        raise PlanChangedError("nothing of it runs now, so there is nothing to halt")
    current = state.current
    last = current == len(state.steps) - 1
    if current is None or (last and state.steps[current].status is not StepStatus.PENDING):
        raise PlanChangedError("its last step has begun, so no other is left to halt")
    return [
        e.PlanHalted(at=command.at, actor=command.actor, plan_id=command.plan_id, name=command.name)
    ]


def handed(incident: Incident, command: c.HandPlan) -> list[e.IncidentEvent]:
    """Nothing of it runs; `settle` calls a person."""
    require_narrowable(incident, command.plan_id, command.digest, command.at)
    return [
        e.PlanVoided(
            at=command.at,
            actor=command.actor,
            plan_id=command.plan_id,
            cause="handed",
            reason=f"handed to a person by {command.name}",
        )
    ]


def undo_approved(incident: Incident, command: c.ApproveUndo) -> list[e.IncidentEvent]:
    """What is live of the plan, where nothing since rests on it."""
    require_undoable(incident, command)
    return [
        e.UndoApproved(
            at=command.at,
            actor=command.actor,
            plan_id=command.plan_id,
            digest=command.digest,
            steps=command.steps,
            over=command.over,
            via=still_behind(incident, command.actor, command.via),
        )
    ]


def undo_offered(state: PlanState) -> tuple[int, ...]:
    """Steps that a person may have put back now, last first; none where it is not theirs to."""
    return (state.overwritable or state.revertible) if state.plan.purpose == "fix" else ()


def require_undoable(incident: Incident, command: c.ApproveUndo) -> None:
    """Raise CommandRefusedError that says why its steps can't be put back now."""
    state = _shown(incident, command.plan_id, command.digest)
    offered = undo_offered(state)
    if not offered and state.undo:
        raise AlreadyDecidedError("rolled back", state.undo.actor, state.undo.at)
    if not offered or command.steps != offered:
        raise PlanChangedError("nothing of it is there to be put back in that way now")
    if incident.stop:
        raise CommandRefusedError(f"{incident.id} is stopped; resume it first, then undo")
    busy = [fix for fix in incident.fixes if _busy(fix)]
    if busy:
        raise CommandRefusedError(f"plan {busy[0].digest[:4]} is under way; halt it first")
    later = incident.fixes[incident.fixes.index(state) + 1 :]
    over_it = [fix for fix in later if _live_fields(fix) & _fields(state, offered)]
    if over_it:
        digest = over_it[-1].digest[:4]
        raise CommandRefusedError(f"plan {digest} changed it since; undo that first")
    late = state.done_at is not None and command.at - state.done_at > UNDO_WITHIN
    if late and not state.overwritable:
        raise CommandRefusedError(
            "it was done more than a day ago, and much may rest on it by now; change it by hand"
        )


def intervened(incident: Incident, proposed_at: datetime) -> str:
    """Why a plan proposed then may not run by itself; empty where it may.

    Whoever ended a plan, wanted another or took severity back may not be allowed to approve one.
    """
    if any(fix.void and fix.void.cause in _BY_HAND for fix in incident.fixes):
        return "a person ended a plan here"
    if any(fix.replan_asked for fix in incident.fixes):
        return "a person asked for it again"
    if any(fix.undo for fix in incident.fixes):
        return "a person had a plan undone here"
    earlier = [s for s in incident.severity_changes if s.at <= proposed_at]
    if any(change.severity > change.before for change in earlier):
        return "a person made the incident less severe"
    return ""


def halt_words(state: PlanState) -> str:
    """`halted by Maya after step 1 of 2`; before it where none had begun."""
    name = state.halt.name if state.halt else "nobody"
    done = state.current if state.current is not None else len(state.steps)
    where = f"after step {done}" if done else "before step 1"
    return f"halted by {name} {where} of {len(state.steps)}"


def _shown(incident: Incident, plan_id: str, digest: str) -> PlanState:
    state = plan_of(incident, plan_id)
    if state.digest != digest:
        raise PlanChangedError(f"plan {plan_id!r} is {state.digest[:4]} now")
    return state


def _busy(fix: PlanState) -> bool:
    return fix.status is PlanStatus.READY or fix.live


def _live_fields(fix: PlanState) -> set[tuple[str, str]]:
    steps = enumerate(fix.steps)
    live = (i for i, s in steps if s.landed and s.status is not StepStatus.UNDONE)
    return _fields(fix, tuple(live))


def _fields(state: PlanState, steps: tuple[int, ...]) -> set[tuple[str, str]]:
    changes = (change for i in steps for change in state.plan.steps[i].dry_run.changes)
    return {(change.target, change.field) for change in changes}
