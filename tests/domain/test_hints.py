"""A hint is kept, may have an incident looked into anew, and moves no plan."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.decide import decide
from bot.domain.hints import MOST_HINTS, MOST_LOOKS_AGAIN
from bot.domain.incident import Incident
from bot.domain.refusals import CommandRefusedError
from bot.domain.work import next_work
from tests.fakes.story import (
    ESCALATE,
    alert,
    at,
    decided,
    diagnosed,
    diagnosis,
    opened,
    plan,
    proposed,
    resolved,
    skipped,
    started,
    told,
    voided,
)


def hint(**changes: Any) -> c.GiveHint:
    given = {"at": at(30), "actor": "U1", "text": "try the fuse", "usable": True, **changes}
    return c.GiveHint.model_validate(given)


def given(incident: Incident, **changes: Any) -> e.HintGiven:
    [event] = decide(incident, hint(**changes))
    assert isinstance(event, e.HintGiven)
    return event


def kinds(incident: Incident) -> set[str]:
    return {work.kind for work in next_work(incident)}


def test_while_it_is_looked_into_a_hint_is_heard_and_nothing_begins_anew() -> None:
    event = given(told(opened(), skipped("open")))
    assert (event.actor, event.text, event.again) == ("U1", "try the fuse", False)


@pytest.mark.parametrize(
    "events",
    [
        [diagnosed()],
        [diagnosed(), *proposed(), voided("expired")],
        [diagnosed(), *proposed(), decided("reject")],
        [diagnosed(), *proposed(plan(), ESCALATE)],
    ],
)
def test_where_it_has_ended_without_a_fix_it_is_looked_into_anew(events: list[Any]) -> None:
    ended = told(opened(), skipped("open"), *events)
    event = given(ended)
    assert event.again
    after = ended.evolve(event)
    assert after.diagnosis is None
    assert "investigate" in kinds(after)
    assert kinds(after) <= {"investigate", "call_again"}


@pytest.mark.parametrize("events", [[], [decided()], [decided(), started(0)]])
def test_while_a_fix_waits_or_runs_it_goes_on_untouched(events: list[Any]) -> None:
    under_way = told(opened(), diagnosed(), *proposed(), *events)
    event = given(under_way)
    assert not event.again
    after = under_way.evolve(event)
    assert after.fix == under_way.fix
    assert after.diagnosis == under_way.diagnosis


def test_what_nobody_can_use_is_kept_and_no_more() -> None:
    assert not given(told(opened(), diagnosed()), usable=False).again


def test_it_is_looked_into_anew_a_few_times_at_most() -> None:
    incident = told(opened())
    looks = 0
    for _ in range(MOST_LOOKS_AGAIN + 2):
        incident = incident.evolve(diagnosed())
        event = given(incident)
        looks += event.again
        incident = incident.evolve(event)
    assert looks == MOST_LOOKS_AGAIN
    assert incident.diagnosis is not None


@pytest.mark.parametrize(
    ("events", "changes", "why"),
    [
        ([resolved()], {}, "is resolved"),
        ([], {"text": "  "}, "in a few words"),
        ([e.HintGiven(at=at(3), actor="U1", text="x")] * MOST_HINTS, {}, "no more are taken"),
    ],
)
def test_a_hint_that_helps_nobody_is_refused(
    events: list[Any], changes: dict[str, Any], why: str
) -> None:
    with pytest.raises(CommandRefusedError, match=why):
        decide(told(opened(), *events), hint(**changes))


def test_a_second_look_that_finds_no_remedy_calls_a_person() -> None:
    ended = told(opened(), skipped("open"), diagnosed(), *proposed(), decided("reject"))
    again = ended.evolve(given(ended))
    concluded = again.evolve(e.DiagnosisReached(at=at(60), actor="opsbot", diagnosis=diagnosis()))
    assert "hand_over" in kinds(concluded)


def test_a_plan_that_was_made_meanwhile_is_not_overwritten() -> None:
    ended = told(opened(), diagnosed(), *proposed(), voided("expired"))
    again = ended.evolve(given(ended))
    for event in proposed(plan("P2")):
        again = again.evolve(event)
    other = plan("P2", resolution="something else")
    events = decide(
        again, c.Conclude(at=at(60), diagnosis=diagnosis(), plan=other, verdict=ESCALATE)
    )
    after = again
    for event in events:
        after = after.evolve(event)
    assert after.plans["P2"].plan == plan("P2")


def test_other_alerts_keep_the_hints() -> None:
    hinted = told(opened(), e.HintGiven(at=at(3), actor="U1", text="x"))
    joined = e.AlertJoined(at=at(4), actor="alertmanager", alert=alert("fp-2", service="bells"))
    assert hinted.evolve(joined).hints == hinted.hints
