"""The approval: everything that is approved, in sight; and what became of it."""

from __future__ import annotations

from bot.domain.plan_state import PlanState, PlanStatus
from bot.domain.values import Ask, Plan
from bot.incidents.leeway import has_leeway
from bot.slack import ids
from bot.slack.scene import Scene
from bot.slack.slots import Slot
from bot.slack.views.approvers import who_and_how_many
from bot.slack.views.links import source
from bot.slack.views.outcome import outcome
from bot.slack.views.plan_lines import affected, change_lines, exact, undo, what
from bot.slack.views.text import (
    NOTICE_LIMIT,
    SECTION_LIMIT,
    Block,
    button,
    clock,
    context,
    cut,
    fitted,
    said,
    section,
)

MOST_STEPS = 20
_SENTENCE = 200
_RECORD = 1200


def approval(scene: Scene, state: PlanState) -> Slot | None:
    """None where nobody is asked: the plan was allowed, denied or escalated."""
    if not isinstance(state.verdict, Ask) or state.plan.purpose != "fix":
        return None
    if state.status is PlanStatus.AWAITING:
        blocks = _asking(scene, state, state.verdict)
    else:
        blocks = _decided(scene, state)
    return Slot(
        id=f"approval:{state.plan.id}",
        text=_notice(scene, state),
        blocks=tuple(blocks),
        state=f"{state.status}:{len(state.decisions)}",
        rings=state.status is PlanStatus.AWAITING,
    )


def _asking(scene: Scene, state: PlanState, verdict: Ask) -> list[Block]:
    """Whole, or without an Approve button."""
    whole = "\n".join(_question(scene, state, verdict))
    if len(whole) > SECTION_LIMIT or len(state.plan.steps) > MOST_STEPS:
        words = (
            f"*A plan of {_changes(state.plan)} for {scene.incident.id} is too large to be shown"
            f" whole, so it can't be approved here.* {_way_on(scene, state.plan)}"
        )
        return [section(words), _buttons(scene, state, approve=False)]
    so_far = outcome(scene, state)
    return [
        section(whole),
        *([section(so_far)] if so_far else []),
        _buttons(scene, state, approve=True),
    ]


def _question(scene: Scene, state: PlanState, verdict: Ask) -> list[str]:
    plan = state.plan
    lines = [
        f"*Approve {_changes(plan)} for {scene.incident.id}?*",
        *change_lines(plan),
        f"*Affects:* {affected(plan)} (dry run {clock(state.proposed_at)})",
        f"*Undo:* {undo(plan)}",
    ]
    lines += [f"*Risk:* {verdict.risk}"] if verdict.risk else []
    lines += [f"*Only if still so:* {exact(g.title)} {exact(g.shown)}" for g in plan.guards]
    evidence = _evidence(scene)
    lines += [f"*Evidence:* {evidence}"] if evidence else []
    if plan.runbook:
        pin = exact(plan.runbook.pin or "not committed")
        lines.append(f"*Runbook:* {exact(plan.runbook.title)} ({pin})")
    if verdict.reason not in ("", f"rule {verdict.rule!r}"):
        lines.append(f"*Asked because:* {exact(verdict.reason)}")
    if plan.by_person:
        editor = scene.people.name(plan.requester)
        lines.append(f"*Asked for by:* {editor}, who can't approve it alone")
    people = who_and_how_many(verdict, scene.people.mention)
    lines.append(f"*Who:* {people} (rule {exact(verdict.rule)})")
    until = f"Expires {clock(state.expires_at)} · " if state.expires_at else ""
    lines.append(f"{until}plan {state.digest[:4]}")
    return lines


def _decided(scene: Scene, state: PlanState) -> list[Block]:
    """The outcome first, then the record of what it was about."""
    lines = [f"*{outcome(scene, state)}*", *change_lines(state.plan)]
    rule = said(state.verdict.rule, 40)
    blocks = [
        section(fitted(lines, _RECORD)),
        context(f"{scene.incident.id} · plan {state.digest[:4]} · rule {rule}"),
    ]
    last = scene.incident.fix is state and not state.replan_asked
    ended = state.void is not None and state.void.cause in ("expired", "stopped")
    if ended and state.status is PlanStatus.VOID and last and not scene.incident.resolved_at:
        again = button(
            "Check again and ask",
            ids.ASK_AGAIN,
            f"Check {scene.incident.id} again and ask for approval",
            value=_ref(scene, state),
        )
        blocks.append({"type": "actions", "elements": [again]})
    return blocks


def _buttons(scene: Scene, state: PlanState, *, approve: bool) -> Block:
    incident, value = scene.incident.id, _ref(scene, state)
    reject = button("Reject", ids.REJECT, f"Reject the fix of {incident}", value=value)
    edit = button("Edit", ids.EDIT, f"Make the fix of {incident} smaller", value=value)
    may_shrink = has_leeway(state.plan, scene.declared)
    yes = button(
        "Approve",
        ids.APPROVE,
        f"Approve the fix of {incident}",
        style="primary",
        value=value,
        confirm={
            "title": {"type": "plain_text", "text": f"Run {incident} fix now?"},
            "text": {"type": "plain_text", "text": _sentences(state.plan)},
            "confirm": {"type": "plain_text", "text": "Approve and run"},
            "deny": {"type": "plain_text", "text": "Back"},
        },
    )
    return {
        "type": "actions",
        "block_id": f"approval_{state.plan.id}_{state.digest[:8]}",
        "elements": [*([yes] if approve else []), reject, *([edit] if may_shrink else [])],
    }


def _way_on(scene: Scene, plan: Plan) -> str:
    if has_leeway(plan, scene.declared):
        return "Make it smaller with Edit, or reject it."
    return "Reject it, and make smaller changes."


def _sentences(plan: Plan) -> str:
    """The change and its undo, in a sentence each."""
    summaries = ". ".join(step.dry_run.summary.rstrip(".") for step in plan.steps)
    if cut(summaries, _SENTENCE).endswith("…"):
        summaries = f"All of the {_changes(plan)} that the message lists"
    by_itself = [str(n) for n, step in enumerate(plan.steps, start=1) if step.reversible]
    if len(by_itself) == len(plan.steps):
        back = "It is undone by itself if it doesn't help."
    elif by_itself:
        back = f"If it doesn't help, step {', '.join(by_itself)} is undone by itself."
    else:
        back = "There is no automatic undo."
    return cut(f"{summaries}. {back}", 300)


def _evidence(scene: Scene) -> str:
    """Links alone: what was found stands in the diagnosis above."""
    reached = scene.incident.diagnosis
    cited = reached.hypotheses[0].supported_by if reached and reached.hypotheses else ()
    linked = [source(said(w.title, 40), w.evidence.url) for w in scene.evidence if w.id in cited]
    return " · ".join(link for link in linked if link.startswith("<"))


def _notice(scene: Scene, state: PlanState) -> str:
    incident, changes = scene.incident.id, what(state.plan)
    if state.status is PlanStatus.AWAITING and state.expires_at:
        by = clock(state.expires_at)
        return said(f"{incident} approve by {by}? {changes}", NOTICE_LIMIT)
    return said(f"{incident} plan {state.digest[:4]} is {state.status}: {changes}", NOTICE_LIMIT)


def _changes(plan: Plan) -> str:
    return "1 change" if len(plan.steps) == 1 else f"{len(plan.steps)} changes"


def _ref(scene: Scene, state: PlanState) -> str:
    return ids.PlanRef(incident=scene.incident.id, plan=state.plan.id, digest=state.digest).pack()
