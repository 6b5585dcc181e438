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
    SECTION_LIMIT,
    Block,
    button,
    clock,
    context,
    cut,
    fitted,
    noticed,
    said,
    section,
)
from bot.slack.views.ways_on import ref, ways_on

MOST_STEPS = 20
_MOST_CITED = 4
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
        state=_turn(state),
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
    readings = " · ".join(f"{exact(g.title)} {exact(g.shown)}" for g in plan.guards)
    risk = ". ".join(part for part in (verdict.risk, readings) if part)
    lines += [f"*Risk:* {risk}"] if risk else []
    evidence = _evidence(scene)
    lines += [f"*Evidence:* {evidence}"] if evidence else []
    if verdict.reason not in ("", f"rule {verdict.rule!r}"):
        lines.append(f"*Asked because:* {exact(verdict.reason)}")
    if plan.by_person:
        editor = scene.people.name(plan.requester)
        lines.append(f"*Asked for by:* {editor}, who can't approve it alone")
    lines.append(f"*Who:* {who_and_how_many(verdict, scene.mention)}")
    until = f"Expires {clock(state.expires_at)} · " if state.expires_at else ""
    lines.append(f"{until}plan {state.digest[:4]}")
    return lines


def _decided(scene: Scene, state: PlanState) -> list[Block]:
    """The outcome first, then the record of what it was about."""
    lines = [f"*{outcome(scene, state)}*", *change_lines(state.plan)]
    rule = said(state.verdict.rule, 40)
    return [
        section(fitted(lines, _RECORD)),
        context(f"{scene.incident.id} · plan {state.digest[:4]} · rule {rule}"),
        *ways_on(scene, state),
    ]


def _buttons(scene: Scene, state: PlanState, *, approve: bool) -> Block:
    incident, plan = scene.incident.id, ref(scene, state)
    value = plan.pack()
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
        "elements": [
            *([yes] if approve else []),
            reject,
            *([edit] if may_shrink else []),
            button("Ask", ids.ASK, f"Ask about the fix of {incident}", value=value),
            {
                "type": "overflow",
                "action_id": ids.MORE,
                "options": [
                    _choice("Details", plan.choice(ids.DETAILS)),
                    _choice("Hand to a person", plan.choice(ids.HAND)),
                ],
            },
        ],
    }


def _turn(state: PlanState) -> str:
    """What people have to see at once when it changes."""
    steps = ",".join(step.status for step in state.steps)
    return f"{state.status}:{len(state.decisions)}:{state.halt is not None}:{steps}"


def _choice(label: str, value: str) -> Block:
    return {"text": {"type": "plain_text", "text": label}, "value": value}


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
    """Titles alone, linked where a person can look: what was found stands in the diagnosis."""
    reached = scene.incident.diagnosis
    cited = reached.hypotheses[0].supported_by if reached and reached.hypotheses else ()
    found = [w for w in scene.evidence if w.id in cited]
    return " · ".join(source(said(w.title, 40), w.evidence.url) for w in found[:_MOST_CITED])


def _notice(scene: Scene, state: PlanState) -> str:
    incident, changes = scene.incident.id, what(state.plan)
    if state.status is PlanStatus.AWAITING and state.expires_at:
        by = clock(state.expires_at)
        return noticed(f"{incident} approve by {by}? {changes}")
    return noticed(f"{incident} plan {state.digest[:4]} is {state.status}: {changes}")


def _changes(plan: Plan) -> str:
    return "1 change" if len(plan.steps) == 1 else f"{len(plan.steps)} changes"
