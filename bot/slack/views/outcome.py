"""What became of an approval, in one line."""

from __future__ import annotations

from bot.domain.events import PlanVoided
from bot.domain.plan_state import PlanState, PlanStatus
from bot.domain.quorum import missing
from bot.domain.values import Ask
from bot.slack.scene import Scene
from bot.slack.views.aftermath import ended, left
from bot.slack.views.approvers import who
from bot.slack.views.links import anchor
from bot.slack.views.text import clock, said

_WORDS = 200
_OUR_WORDS = ("policy", "failed", "stopped", "halted", "handed")
"""Causes whose reason begins with a word; those of the others begin with a name, such as a
replica's, that stays as it is written."""


def outcome(scene: Scene, state: PlanState) -> str:
    """`Approved by Maya 02:27 · queued`; names are plain, for it is the past."""
    name = scene.people.name
    approvers = ", ".join(name(user) for user in state.approvers)
    by = f" · approved by {approvers}" if approvers else ""
    total = len(state.steps)
    if state.undo and state.rolled_back_at:
        return f"Rolled back {clock(state.rolled_back_at)} by {name(state.undo.actor)}"
    match state.status:
        case PlanStatus.AWAITING:
            return f"Approved by {approvers}, {_still(scene, state)}" if approvers else ""
        case PlanStatus.REJECTED:
            last = state.decisions[-1]
            return f'Rejected by {name(last.by)}: "{said(last.reason, _WORDS)}"'
        case PlanStatus.VOID:
            return _void(scene, state, state.void) if state.void else "Nothing ran."
        case PlanStatus.READY:
            at = f" {clock(state.ready_at)}" if state.ready_at else ""
            return f"Approved by {approvers}{at} · queued"
        case PlanStatus.RUNNING:
            step = state.current
            if step is None:
                return f"{total} of {total} done, watching{by}"
            if state.halt:
                return (
                    f"Running {step + 1} of {total} · halted by {name(state.halt.actor)} after it"
                )
            return f"Running {step + 1} of {total}{by}"
        case PlanStatus.DONE:
            done = f"Done {clock(state.done_at or state.touched_at)}{by}"
            touched = state.undo or state.overwritable
            return f"{done}. {said(left(state), _WORDS)}." if touched else done
        case PlanStatus.FAILED:
            words = [said(part, _WORDS) for part in (ended(state), left(state)) if part]
            return f"{'. '.join(words)}."
        case _:
            return "Not for approval"


def _still(scene: Scene, state: PlanState) -> str:
    """`1 more needed`; of several groups `@security still needed`."""
    groups = missing(state.verdict, state.decisions) if isinstance(state.verdict, Ask) else ()
    if isinstance(state.verdict, Ask) and state.verdict.groups:
        return f"{who(groups, scene.people.name)} still needed"
    return f"{sum(group.count for group in groups)} more needed"


def _void(scene: Scene, state: PlanState, void: PlanVoided) -> str:
    later = scene.incident.fixes[scene.incident.fixes.index(state) + 1 :]
    link = scene.links.get(f"approval:{later[0].plan.id}") if later else None
    if later and void.cause == "replaced":
        plan = f"plan {later[0].digest[:4]}"
        editor = scene.people.name(void.actor)
        return f"Replaced by {anchor(plan, link) if link else plan} (edited by {editor})"
    words = f"{_why(state, void)}. Nothing ran."
    return f"{words} {anchor('New plan ' + later[0].digest[:4], link)}" if link else words


def _why(state: PlanState, void: PlanVoided) -> str:
    if void.cause == "expired" and state.expires_at:
        return f"Expired {clock(state.expires_at)}"
    if void.cause == "cleared":
        return f"The alert cleared by itself {clock(void.at)}"
    reason = said(void.reason, _WORDS)
    return f"{reason[:1].upper()}{reason[1:]}" if void.cause in _OUR_WORDS else reason
