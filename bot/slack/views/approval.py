"""The approval: everything that is approved, in sight; and what became of it."""

from __future__ import annotations

from bot.domain.plan_state import PlanState, PlanStatus, StepStatus
from bot.domain.values import Ask, Plan, Step
from bot.slack import ids
from bot.slack.scene import Scene
from bot.slack.slots import Slot
from bot.slack.views.text import (
    NOTICE_LIMIT,
    SECTION_LIMIT,
    Block,
    clock,
    cut,
    safe,
    section,
    visible,
)
from tools.kit.types import Change

MOST_STEPS = 20


def approval(scene: Scene, state: PlanState) -> Slot | None:
    """None where nobody is asked: the plan was allowed, denied or escalated."""
    if not isinstance(state.verdict, Ask) or state.plan.purpose != "fix":
        return None
    lines = _plan(scene, state, state.verdict)
    fits = len("\n".join(lines)) <= SECTION_LIMIT and len(state.plan.steps) <= MOST_STEPS
    blocks: list[Block] = []
    if fits:
        blocks.append(section("\n".join(lines)))
    else:
        blocks.append(
            section(
                f"*A plan of {len(state.plan.steps)} changes for {scene.incident.id} is too large"
                " to be shown whole, so it can't be approved here.* Split it."
            )
        )
    blocks.append(section(_outcome(scene, state)))
    if fits and state.status is PlanStatus.AWAITING:
        blocks.append(_buttons(scene, state))
    elif state.void and state.void.cause == "expired" and _is_last(scene, state):
        blocks.append(_ask_again(scene, state))
    return Slot(
        id=f"approval:{state.plan.id}",
        text=_notice(scene, state),
        blocks=tuple(blocks),
        state=f"{state.status}:{len(state.decisions)}",
    )


def changes_of(step: Step) -> list[str]:
    """One line for each change: `etl.source: replica-2 → replica-1`."""
    lines = [_change(change) for change in step.dry_run.changes]
    return lines or [safe(step.dry_run.summary)]


def _plan(scene: Scene, state: PlanState, verdict: Ask) -> list[str]:
    plan, incident = state.plan, scene.incident
    many = "1 change" if len(plan.steps) == 1 else f"{len(plan.steps)} changes"
    asks = state.status is PlanStatus.AWAITING
    lines = [f"*{'Approve ' if asks else ''}{many} for {incident.id}{'?' if asks else ''}*"]
    for number, step in enumerate(plan.steps, start=1):
        lines.append(f"{number} {safe(step.dry_run.summary)}")
        lines += [f"      {change}" for change in changes_of(step)]
        lines += [f"      ⚠ {safe(warning)}" for warning in step.dry_run.warnings]
    affects = [*_targets(plan), *(a for s in plan.steps for a in s.dry_run.affects)]
    lines.append(
        f"*Affects:* {safe(', '.join(dict.fromkeys(affects)))}"
        f" (dry run {clock(state.proposed_at)})"
    )
    undo = [
        f"{n} {'automatic' if step.reversible else 'no automatic undo'}"
        for n, step in enumerate(plan.steps, start=1)
    ]
    lines.append(f"*Undo:* {' · '.join(undo)}")
    lines += [f"*Guard:* {safe(guard.title)} {safe(guard.shown)}" for guard in plan.guards]
    if plan.runbook:
        lines.append(f"*Runbook:* {safe(plan.runbook.title)} {safe(plan.runbook.pin or '')}")
    who = " or ".join(scene.people.mention(a) for a in verdict.approvers)
    lines.append(f"*Who:* {who}, {verdict.approvals} needed · rule {safe(verdict.rule)}")
    if asks and state.expires_at:
        lines.append(f"Expires {clock(state.expires_at)} · plan {state.digest[:4]}")
    else:
        lines.append(f"plan {state.digest[:4]}")
    return lines


def _outcome(scene: Scene, state: PlanState) -> str:
    name = scene.people.name
    approvers = ", ".join(name(user) for user in state.approvers)
    by = f" · approved by {approvers}" if approvers else ""
    undone = [n for n, s in enumerate(state.steps, 1) if s.status is StepStatus.UNDONE]
    match state.status:
        case PlanStatus.AWAITING:
            needed = state.verdict.approvals if isinstance(state.verdict, Ask) else 1
            if approvers:
                return f"Approved by {approvers}, {needed - len(state.approvers)} more needed"
            return "Nothing runs before it is approved."
        case PlanStatus.REJECTED:
            last = state.decisions[-1]
            why = f': "{safe(cut(last.reason, 200))}"' if last.reason else ""
            return f"Rejected by {name(last.by)} {clock(last.at)}{why}. Nothing ran."
        case PlanStatus.VOID if state.void:
            return _void(scene, state)
        case PlanStatus.READY:
            at = f" {clock(state.ready_at)}" if state.ready_at else ""
            return f"Approved by {approvers}{at} · queued"
        case PlanStatus.RUNNING:
            step = len(state.steps) if state.current is None else state.current + 1
            return f"Running {step} of {len(state.steps)}{by}"
        case PlanStatus.DONE:
            return f"Done {clock(state.touched_at)}{by}"
        case PlanStatus.FAILED if undone:
            steps = ", ".join(map(str, undone))
            return f"Failed. Undone: step {steps}{by}"
        case PlanStatus.FAILED:
            return f"Failed{by}"
        case _:
            return "Not for approval"


def _void(scene: Scene, state: PlanState) -> str:
    void = state.void
    if void is None:
        return "Nothing ran."
    if void.cause == "expired" and state.expires_at:
        return f"Expired {clock(state.expires_at)}. Nothing ran."
    reason = safe(cut(void.reason, 300))
    later = [f.plan.id for f in scene.incident.fixes if f.proposed_at > state.proposed_at]
    link = scene.links.get(f"approval:{later[0]}") if later else None
    new = f" <{link}|New plan below>" if link else ""
    return f"{reason[:1].upper()}{reason[1:]}. Nothing ran.{new}"


def _is_last(scene: Scene, state: PlanState) -> bool:
    return scene.incident.fix is state and not state.replan_asked


def _buttons(scene: Scene, state: PlanState) -> Block:
    value = ids.PlanRef(
        incident=scene.incident.id, plan=state.plan.id, digest=state.digest
    ).pack()
    first = state.plan.steps[0].dry_run.summary
    undo = (
        "Step 1 is undone by itself if the check fails."
        if state.plan.steps[0].reversible
        else "There is no automatic undo."
    )
    return {
        "type": "actions",
        "block_id": f"approval_{state.plan.id}_{state.digest[:8]}",
        "elements": [
            {
                "type": "button",
                "action_id": ids.APPROVE,
                "style": "primary",
                "text": {"type": "plain_text", "text": "Approve"},
                "value": value,
                "accessibility_label": f"Approve the plan for {scene.incident.id}",
                "confirm": {
                    "title": {"type": "plain_text", "text": f"Run {scene.incident.id} fix now?"},
                    "text": {
                        "type": "plain_text",
                        "text": cut(visible(f"{first}. {undo}"), 300),
                    },
                    "confirm": {"type": "plain_text", "text": "Approve and run"},
                    "deny": {"type": "plain_text", "text": "Back"},
                },
            },
            {
                "type": "button",
                "action_id": ids.REJECT,
                "text": {"type": "plain_text", "text": "Reject"},
                "value": value,
                "accessibility_label": f"Reject the plan for {scene.incident.id}",
            },
        ],
    }


def _ask_again(scene: Scene, state: PlanState) -> Block:
    value = ids.PlanRef(
        incident=scene.incident.id, plan=state.plan.id, digest=state.digest
    ).pack()
    return {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": ids.ASK_AGAIN,
                "text": {"type": "plain_text", "text": "Check again and ask"},
                "value": value,
                "accessibility_label": f"Check {scene.incident.id} again and ask for approval",
            }
        ],
    }


def _notice(scene: Scene, state: PlanState) -> str:
    incident = scene.incident.id
    what = "; ".join(step.dry_run.summary for step in state.plan.steps)
    if state.status is PlanStatus.AWAITING and state.expires_at:
        return safe(cut(f"{incident} approve by {clock(state.expires_at)}? {what}", NOTICE_LIMIT))
    return safe(cut(f"{incident} plan {state.digest[:4]} is {state.status}: {what}", NOTICE_LIMIT))


def _targets(plan: Plan) -> list[str]:
    names: dict[str, set[str]] = {}
    for step in plan.steps:
        for target in step.dry_run.targets:
            names.setdefault(target.kind, set()).add(target.name)
    return [f"{len(found)} {kind}" for kind, found in names.items()]


def _change(change: Change) -> str:
    before = "–" if change.before is None else change.before
    after = "–" if change.after is None else change.after
    return f"{safe(change.target)}.{safe(change.field)}: {safe(str(before))} → {safe(str(after))}"
