"""What became of an approval, in one line."""

from __future__ import annotations

from bot.domain.plan_state import PlanState, PlanStatus
from bot.domain.quorum import missing
from bot.domain.values import Ask
from bot.slack.scene import Scene
from bot.slack.views.approvers import who
from bot.slack.views.failure import failure_of, undoing_of
from bot.slack.views.links import anchor
from bot.slack.views.text import clock, said


def outcome(scene: Scene, state: PlanState) -> str:
    """`Approved by Maya 02:27 · queued`; names are plain, for it is the past."""
    name = scene.people.name
    approvers = ", ".join(name(user) for user in state.approvers)
    by = f" · approved by {approvers}" if approvers else ""
    total = len(state.steps)
    match state.status:
        case PlanStatus.AWAITING:
            return f"Approved by {approvers}, {_still(scene, state)}" if approvers else ""
        case PlanStatus.REJECTED:
            last = state.decisions[-1]
            why = f': "{said(last.reason, 200)}"' if last.reason else ""
            return f"Rejected by {name(last.by)} {clock(last.at)}{why}. Nothing ran."
        case PlanStatus.VOID:
            return _void(scene, state)
        case PlanStatus.READY:
            at = f" {clock(state.ready_at)}" if state.ready_at else ""
            return f"Approved by {approvers}{at} · queued"
        case PlanStatus.RUNNING:
            step = state.current
            if step is None:
                return f"All {total} done, watching{by}"
            return f"Running {step + 1} of {total}{by}"
        case PlanStatus.DONE:
            return f"Done {clock(state.touched_at)}{by}"
        case PlanStatus.FAILED:
            return _failed(state) + by
        case _:
            return "Not for approval"


def _still(scene: Scene, state: PlanState) -> str:
    """`1 more needed`; of several groups `@security still needed`."""
    groups = missing(state.verdict, state.decisions) if isinstance(state.verdict, Ask) else ()
    if isinstance(state.verdict, Ask) and state.verdict.groups:
        return f"{who(groups, scene.people.name)} still needed"
    return f"{sum(group.count for group in groups)} more needed"


def _void(scene: Scene, state: PlanState) -> str:
    void = state.void
    if void is None:
        return "Nothing ran."
    if void.cause == "expired" and state.expires_at:
        words = f"Expired {clock(state.expires_at)}. Nothing ran."
    elif void.cause == "cleared":
        words = f"The alert cleared by itself {clock(void.at)}. Nothing ran."
    else:
        reason = said(void.reason, 200)
        words = f"{reason[:1].upper()}{reason[1:]}. Nothing ran."
    later = scene.incident.fixes[scene.incident.fixes.index(state) + 1 :]
    link = scene.links.get(f"approval:{later[0].plan.id}") if later else None
    if later and void.cause == "replaced":
        plan = f"plan {later[0].digest[:4]}"
        editor = scene.people.name(void.actor)
        return f"Replaced by {anchor(plan, link) if link else plan} (edited by {editor})"
    return f"{words} {anchor('New plan ' + later[0].digest[:4], link)}" if link else words


def _failed(state: PlanState) -> str:
    why, back = said(failure_of(state), 160), said(undoing_of(state), 120)
    return f"Failed: {why}." + (f" {back[:1].upper()}{back[1:]}" if back else "")
