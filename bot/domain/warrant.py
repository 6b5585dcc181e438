"""Whether each effect in a trail was approved or allowed before it started."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain import events as e
from bot.domain.chain import Flaw
from bot.domain.quorum import missing, told
from bot.domain.values import COMMANDER, Allow, Ask, Decision, Plan, answerable


def unwarranted(commits: Sequence[tuple[int, Sequence[e.IncidentEvent]]]) -> list[Flaw]:
    """Effects without a warrant, each with its commit's version.

    Judged from the events alone, in their order, and not from what `evolve` makes of them.
    """
    found: list[Flaw] = []
    earlier: list[e.IncidentEvent] = []
    for version, events in commits:
        for event in events:
            if isinstance(event, e.ActionStarted | e.RollbackStarted):
                if isinstance(event, e.ActionStarted):
                    lacks = _start(event, earlier)
                else:
                    lacks = _undo(event, earlier)
                if lacks:
                    what = f"step {event.step + 1} of {event.plan_id} {lacks}"
                    found.append(Flaw(first=version, last=version, what=what))
            earlier.append(event)
    return found


def _start(start: e.ActionStarted, earlier: Sequence[e.IncidentEvent]) -> str | None:
    """What it lacks; None where it may start."""
    plan_id = start.plan_id
    proposals = [x for x in earlier if isinstance(x, e.PlanProposed) and x.plan.id == plan_id]
    if not proposals:
        return "started without a plan"
    proposed = proposals[-1]
    digest = proposed.plan.digest(proposed.verdict.rule)
    if not 0 <= start.step < len(proposed.plan.steps):
        return "started and is no step of its plan"
    if start.digest and start.digest != digest:
        return f"started as plan {start.digest[:8]}, what was judged is {digest[:8]}"
    if start.rule and start.rule != proposed.verdict.rule:
        return f"started under rule {start.rule!r}, {proposed.verdict.rule!r} judged it"
    starts = (x for x in earlier if isinstance(x, e.ActionStarted) and x.plan_id == plan_id)
    if any(x.step == start.step for x in starts):
        return "started twice"
    if any(isinstance(x, e.PlanVoided) and x.plan_id == plan_id for x in earlier):
        return "started after its plan was void"
    match proposed.verdict:
        case Allow():
            return None
        case Ask() as ask:
            return _approval(start, proposed.plan, ask, earlier)
        case verdict:
            return f"started though policy said {verdict.kind}"


def _approval(
    start: e.ActionStarted, plan: Plan, ask: Ask, earlier: Sequence[e.IncidentEvent]
) -> str | None:
    plan_id, digest = plan.id, plan.digest(ask.rule)
    answers = [x for x in earlier if isinstance(x, e.ApprovalDecided) and x.plan_id == plan_id]
    if any(answer.choice == "reject" for answer in answers):
        return "started though it was rejected"
    expires = _expiry(plan_id, digest, earlier)
    good = [
        Decision(choice="approve", by=answer.actor, at=answer.at, via=answer.via)
        for answer in answers
        if answer.digest == digest
        and expires is not None
        and answer.at < expires
        and answer.actor not in plan.prompters
        and _commanded(answer, earlier)
    ]
    lacking = missing(ask, good)
    if lacking:
        people = len({decision.by for decision in good})
        return f"started with {people} of {ask.approvals} approvals, lacking {told(lacking)}"
    strangers = set(start.approved_by) - {decision.by for decision in good}
    if strangers:
        return f"started in the name of {', '.join(sorted(strangers))}, who did not approve it"
    return None


def _commanded(
    answer: e.ApprovalDecided | e.UndoApproved, earlier: Sequence[e.IncidentEvent]
) -> bool:
    """Whether a person who answered as commander had come to command by then."""
    if COMMANDER not in answer.via:
        return True
    before = earlier[: next(at for at, x in enumerate(earlier) if x is answer)]
    commands = [x.actor for x in before if isinstance(x, e.CommandTaken)]
    return commands[-1:] == [answer.actor]


def _expiry(plan_id: str, digest: str, earlier: Sequence[e.IncidentEvent]) -> datetime | None:
    """Until when it could be answered; None where nobody was asked, so that no answer counts."""
    asked = [x for x in earlier if isinstance(x, e.ApprovalRequested) and x.plan_id == plan_id]
    return next((x.expires_at for x in reversed(asked) if x.digest == digest), None)


def _undo(undo: e.RollbackStarted, earlier: Sequence[e.IncidentEvent]) -> str | None:
    """An undo is approved with its step, for the case that its plan fails: what never landed has
    none, and in any other case a person has to want it."""
    landed = any(
        isinstance(x, e.ActionFinished)
        and (x.plan_id, x.step) == (undo.plan_id, undo.step)
        and x.outcome == "succeeded"
        for x in earlier
    )
    twice = any(
        isinstance(x, e.RollbackStarted) and (x.plan_id, x.step) == (undo.plan_id, undo.step)
        for x in earlier
    )
    if twice:
        return "was undone twice"
    if not landed:
        return "was undone, though it never ran"
    of_plan = [x for x in earlier if getattr(x, "plan_id", None) == undo.plan_id]
    refused = [at for at, x in enumerate(of_plan) if _refuses(x, undo.step)]
    wanted = [
        (at, x)
        for at, x in enumerate(of_plan)
        if isinstance(x, e.UndoApproved) and undo.step in x.steps
    ]
    if not undo.approved_by and not refused and _failed(of_plan):
        return None
    if not wanted or (refused and wanted[-1][0] < refused[-1]):
        return "was undone, and nobody wanted it"
    return _unfounded(undo, wanted[-1][1], earlier)


def _unfounded(
    undo: e.RollbackStarted, wanted: e.UndoApproved, earlier: Sequence[e.IncidentEvent]
) -> str | None:
    """Whether the person who wants it undone is one of those who may approve it."""
    proposals = [x for x in earlier if isinstance(x, e.PlanProposed) and x.plan.id == undo.plan_id]
    if not proposals or set(wanted.via).isdisjoint(answerable(proposals[-1].verdict)):
        return f"was undone for {wanted.actor}, who may not approve it"
    if not _commanded(wanted, earlier):
        return f"was undone for {wanted.actor}, who did not command the incident"
    if wanted.digest != proposals[-1].plan.digest(proposals[-1].verdict.rule):
        return f"was undone as plan {wanted.digest[:8]}, which is another"
    if undo.approved_by != wanted.actor:
        return f"was undone in the name of {undo.approved_by or 'nobody'}, not of {wanted.actor}"
    return None


def _refuses(event: e.IncidentEvent, step: int) -> bool:
    if not isinstance(event, e.RollbackFinished):
        return False
    return event.step == step and event.outcome == "refused"


def _failed(of_plan: Sequence[e.IncidentEvent]) -> bool:
    """Whether what was approved to be undone in that case is to be: not where a person ended it."""
    by_hand = any(isinstance(x, e.PlanVoided) and x.cause in ("stopped", "halted") for x in of_plan)
    return not by_hand and any(
        (isinstance(x, e.ActionFinished) and x.outcome != "succeeded")
        or (isinstance(x, e.ActionVerified | e.RecoveryVerified) and not x.passed)
        or isinstance(x, e.PlanVoided)
        for x in of_plan
    )
