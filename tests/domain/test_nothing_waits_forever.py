"""Every reachable state is walked: something is due, a person has it, or it ended."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

import pytest

from bot.domain import commands as c
from bot.domain.decide import decide
from bot.domain.incident import Incident
from bot.domain.intervention import undo_offered
from bot.domain.plan_state import PlanStatus, StepStatus
from bot.domain.refusals import CommandRefusedError
from bot.domain.values import Plan, Thread
from bot.domain.waiting import waiting
from bot.domain.work import Work, next_work
from tests.fakes.story import (
    ALLOW,
    DENY,
    EXPIRES,
    WORDS,
    alert,
    ask,
    at,
    diagnosis,
    opened,
    plan,
    told,
)

LATER = at(10 + EXPIRES)
SOON = at(10)


THREADS = tuple(
    Thread(id=part, title=part, question="Why?", services=(part,)) for part in ("lamps", "bells")
)


def anything(incident: Incident, plans: tuple[Plan, ...], wide: bool) -> Iterator[c.Command]:
    """Every command anyone could send, in order or out of it."""
    yield c.ClearAlert(at=SOON, fingerprint="fp-1")
    yield c.JoinAlert(at=SOON, alert=alert())
    if wide:
        yield c.JoinAlert(at=SOON, alert=alert("fp-2", service="bells"))
        yield c.ClearAlert(at=SOON, fingerprint="fp-2")
        yield c.AssignThreads(at=SOON, threads=THREADS, deadline=at(190))
        yield c.DraftWords(at=SOON, words=WORDS)
        for thread in THREADS:
            yield c.FinishThread(at=SOON, thread=thread.id, summary="painted")
    if not wide:
        yield c.TakeIncident(at=SOON, actor="U1")
    yield c.Conclude(at=SOON, diagnosis=diagnosis())
    for verdict in (ask(), ALLOW, DENY):
        yield c.Conclude(at=SOON, diagnosis=diagnosis(), plan=plans[0], verdict=verdict)
    if incident.fix and incident.fix.wants_replan:
        yield c.ProposePlan(at=SOON, plan=plans[-1], verdict=ask())
    for name, state in incident.plans.items():
        for choice in ("approve", "reject"):
            yield c.DecideApproval.model_validate(
                {
                    "at": SOON,
                    "actor": "U1",
                    "plan_id": name,
                    "digest": state.digest,
                    "choice": choice,
                }
            )
        smaller = plans[-1].model_copy(update={"requester": "U2"})
        yield c.NarrowPlan(
            at=SOON, actor="U2", plan_id=name, digest=state.digest, plan=smaller, verdict=ask()
        )
        for cause in ("drift", "failed", "stopped"):
            yield c.VoidPlan.model_validate(
                {"at": SOON, "plan_id": name, "cause": cause, "reason": cause}
            )
        shown: dict[str, Any] = {"actor": "U1", "plan_id": name, "digest": state.digest}
        if len(plans) == 1 and not wide:
            yield c.HaltPlan(at=SOON, name="Maya", **shown)
            yield c.HandPlan(at=SOON, name="Maya", **shown)
            yield c.ApproveUndo(at=SOON, steps=undo_offered(state), via=("@oncall",), **shown)
        yield c.ExpireApproval(at=LATER, plan_id=name)
        yield c.RequestReplan(at=SOON, plan_id=name)
        yield c.CallPerson(at=SOON, reason="three plans", plan_id=name)
        for passed in (True, False):
            yield c.VerifyRecovery(at=SOON, plan_id=name, passed=passed, summary="")
        for step in range(len(state.steps)):
            yield from of_step(name, step)


def of_step(name: str, step: int) -> Iterator[c.Command]:
    which: dict[str, Any] = {"at": SOON, "plan_id": name, "step": step}
    yield c.StartStep(**which, key="k", checkpoint={}, deadline=at(40))
    for outcome in ("succeeded", "failed", "unknown"):
        yield c.FinishStep.model_validate({**which, "outcome": outcome, "summary": ""})
    for passed in (True, False):
        yield c.VerifyStep(**which, passed=passed, summary="")
    yield c.StartRollback(**which, key="k", deadline=at(40))
    for outcome in ("succeeded", "failed", "unknown", "refused"):
        yield c.FinishRollback.model_validate({**which, "outcome": outcome, "summary": ""})


def shape(incident: Incident) -> object:
    """What tells two states apart; times, texts and how often a person was called don't."""
    return (
        incident.diagnosis is None,
        incident.words is None,
        tuple(sorted((f, a.status) for f, a in incident.alerts.items())),
        tuple((t, s.finished is None) for t, s in incident.threads.items()),
        incident.resolved_at is None,
        bool(incident.calls),
        incident.taken_by,
        tuple(
            (
                name,
                s.status,
                s.verdict.kind,
                s.void.cause if s.void else "",
                s.replan_asked,
                s.handed_over,
                s.halt is None,
                s.undo.steps if s.undo else None,
                s.recovered,
                tuple((t.status, t.landed, bool(t.rollback_key)) for t in s.steps),
            )
            for name, s in incident.plans.items()
        ),
    )


def reachable(plans: tuple[Plan, ...], wide: bool) -> list[Incident]:
    first = told(opened()).model_copy(
        update={"skipped_books": {"open": "no tracker", "close": "no tracker"}}
    )
    seen = {shape(first): first}
    waiting = deque([first])
    while waiting:
        before = waiting.popleft()
        for command in anything(before, plans, wide):
            try:
                events = decide(before, command)
            except CommandRefusedError:
                continue
            after = before
            for event in events:
                after = after.evolve(event)
            if shape(after) not in seen:
                seen[shape(after)] = after
                waiting.append(after)
    return list(seen.values())


@pytest.mark.parametrize(
    ("plans", "wide", "at_least"),
    [
        ((plan("P1"),), False, 700),
        ((plan("P1", steps=1), plan("P2", steps=1, verify=())), False, 1000),
        ((plan("P1", steps=1, verify=()),), True, 1000),
    ],
    ids=["two steps", "a plan and its successor", "a wide incident"],
)
@pytest.mark.timeout(600)
def test_from_every_reachable_state_something_leads_on(
    plans: tuple[Plan, ...], wide: bool, at_least: int
) -> None:
    states = reachable(plans, wide)
    assert len(states) > at_least
    for incident in states:
        due = next_work(incident)
        # Words and calls lead nowhere by themselves: the incident itself has to go on, too.
        leads = [work for work in due if work.kind not in ("draft_words", "call_again")]
        assert leads or incident.calls, shape(incident)
        assert len({work.key for work in due}) == len(due), shape(incident)
        for work in due:
            assert takes(incident, work), (work.key, shape(incident))
        if incident.resolved_at:
            asking = {s.status for s in incident.fixes} & {PlanStatus.AWAITING, PlanStatus.READY}
            assert not asking, shape(incident)


def takes(incident: Incident, work: Work) -> bool:
    """Whether the incident accepts what the worker on `work` will say."""
    for command in answers(incident, work):
        try:
            if decide(incident, command):
                return True
        except CommandRefusedError:
            continue
    return False


def answers(incident: Incident, work: Work) -> Iterator[c.Command]:
    by: dict[str, Any] = {"at": LATER}
    match work.kind:
        case "diagnose":
            yield c.FinishThread(**by, thread=work.ref, summary="painted")
        case "draft_words":
            yield c.DraftWords(**by, words=WORDS)
        case "hand_over":
            yield c.CallPerson(**by, reason="no step fits")
        case "investigate" | "combine":
            yield c.Conclude(**by, diagnosis=diagnosis())
        case "call_again":
            waits = waiting(incident)
            rung = waits.rung if waits else 0
            yield c.CallAgain(**by, calls=len(incident.calls), rung=rung, to=("U2",), reason="")
        case "replan":
            yield c.ProposePlan(**by, plan=plan("P9"), verdict=ask())
        case "expire":
            yield c.ExpireApproval(**by, plan_id=work.ref)
        case "verify_recovery":
            yield c.VerifyRecovery(**by, plan_id=work.ref, passed=True, summary="")
        case "report":
            yield c.Report(**by)
        case "execute" | "recover" | "verify" | "undo" | "recover_undo":
            name, step = work.plan_step
            status = incident.plans[name].steps[step].status
            given = {**by, "plan_id": name, "step": step}
            if work.kind == "execute":
                yield c.StartStep(**given, key="k", checkpoint={}, deadline=LATER)
            elif work.kind == "recover":
                yield c.FinishStep(**given, outcome="unknown", summary="")
            elif work.kind == "verify":
                yield c.VerifyStep(**given, passed=True, summary="")
            elif work.kind == "undo":
                yield c.StartRollback(**given, key="k", deadline=LATER)
            elif status is StepStatus.UNDOING:
                yield c.FinishRollback(**given, outcome="unknown", summary="")
        case _:
            return
