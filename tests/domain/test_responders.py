"""How bad it is, who commands, and that it is over: people say so."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.decide import decide
from bot.domain.incident import Incident
from bot.domain.plan_state import PlanStatus
from bot.domain.values import Status
from bot.domain.work import next_work
from tests.fakes.commands import after, assert_refused, types
from tests.fakes.story import (
    ALLOW,
    at,
    decided,
    diagnosed,
    finished,
    opened,
    proposed,
    started,
    told,
    undoing,
    verified,
    voided,
)

WAITING = [opened(), diagnosed(), *proposed()]
RUNNING = [*WAITING, decided(), started()]


def by(user: str, **fields: Any) -> dict[str, Any]:
    return {"at": at(60), "actor": user, **fields}


def resolve(user: str = "U1") -> c.Resolve:
    return c.Resolve(**by(user, summary="painted by hand"))


def ended() -> Incident:
    return after(told(WAITING), resolve())


class TestSeverity:
    def test_it_is_set_with_a_reason_and_what_it_was(self) -> None:
        change = c.ChangeSeverity(**by("U1", severity="sev1", reason="customers see it"))
        incident = after(told(WAITING), change)
        assert incident.severity == "sev1"
        assert [(s.before, s.actor) for s in incident.severity_changes] == [("sev3", "U1")]

    def test_the_same_again_changes_nothing(self) -> None:
        same = c.ChangeSeverity(**by("U1", severity="sev3", reason="so it is"))
        assert decide(told(WAITING), same) == []

    def test_without_a_reason_it_is_refused(self) -> None:
        assert_refused(
            told(WAITING), c.ChangeSeverity(**by("U1", severity="sev1", reason=" ")), "say why"
        )

    def test_of_a_resolved_incident_it_is_refused(self) -> None:
        change = c.ChangeSeverity(**by("U1", severity="sev1", reason="late"))
        assert_refused(ended(), change, "reopen it first")


class TestCommand:
    def test_anybody_takes_what_nobody_commands(self) -> None:
        assert after(told(WAITING), c.TakeCommand(**by("U1"))).commander == "U1"

    def test_until_the_next_one_accepts_the_first_one_holds(self) -> None:
        held = after(told(WAITING), c.TakeCommand(**by("U1")))
        offered = after(held, c.OfferHandover(**by("U1", to="U2")))
        assert (offered.commander, offered.offered_to) == ("U1", "U2")
        accepted = after(offered, c.TakeCommand(**by("U2")))
        assert (accepted.commander, accepted.offered_to) == ("U2", None)

    def test_who_was_not_asked_can_not_take_it_from_another(self) -> None:
        held = after(told(WAITING), c.TakeCommand(**by("U1")))
        offered = after(held, c.OfferHandover(**by("U1", to="U2")))
        assert_refused(offered, c.TakeCommand(**by("U3")), "U1 commands")

    def test_offered_twice_it_is_said_once(self) -> None:
        offered = after(told(WAITING), c.OfferHandover(**by("U1", to="U2")))
        assert decide(offered, c.OfferHandover(**by("U1", to="U2"))) == []

    def test_it_is_not_offered_to_whoever_has_it(self) -> None:
        held = after(told(WAITING), c.TakeCommand(**by("U1")))
        assert_refused(held, c.OfferHandover(**by("U2", to="U1")), "already")

    def test_whoever_has_it_says_nothing_new_by_taking_it_again(self) -> None:
        held = after(told(WAITING), c.TakeCommand(**by("U1")))
        assert decide(held, c.TakeCommand(**by("U1"))) == []

    def test_of_a_resolved_incident_it_is_neither_offered_nor_taken(self) -> None:
        assert_refused(ended(), c.OfferHandover(**by("U1", to="U2")), "reopen it first")
        assert_refused(ended(), c.TakeCommand(**by("U1")), "reopen it first")


class TestNotes:
    @pytest.mark.parametrize("url", ["", "https://a.test/2"])
    def test_another_message_is_another_note(self, url: str) -> None:
        first = c.AddNote(**by("U1", text="I restarted it", url=url and "https://a.test/1"))
        noted = after(told(WAITING), first)
        assert after(noted, c.AddNote(**by("U1", text="and again", url=url))).notes[1:]

    def test_the_same_message_is_noted_once(self) -> None:
        note = c.AddNote(**by("U1", text="I restarted it", author="U2", url="https://a.test/1"))
        noted = after(told(WAITING), note)
        assert [n.author for n in noted.notes] == ["U2"]
        assert decide(noted, note) == []

    def test_a_resolved_incident_takes_notes_too(self) -> None:
        assert after(ended(), c.AddNote(**by("U1", text="it was the disk"))).notes

    def test_so_many_are_kept_and_no_more(self) -> None:
        full = told(WAITING).model_copy(
            update={"notes": tuple(e.NoteAdded(at=at(1), actor="U1", text="x") for _ in range(200))}
        )
        assert_refused(full, c.AddNote(**by("U1", text="one more")), "no more are taken")

    def test_nothing_is_no_note(self) -> None:
        assert_refused(told(WAITING), c.AddNote(**by("U1", text=" ")), "nothing to note")


class TestTheEndByHand:
    def test_what_waits_is_void_before_it_ends(self) -> None:
        events = decide(told(WAITING), resolve())
        assert types(events) == ["plan.voided", "incident.resolved"]
        plan = ended().plans["P1"]
        assert plan.status is PlanStatus.VOID
        assert plan.void is not None
        assert plan.void.cause == "resolved"

    def test_a_plan_that_policy_allowed_and_has_not_begun_is_void_too(self) -> None:
        allowed = told(opened(), diagnosed(), proposed(verdict=ALLOW))
        assert types(decide(allowed, resolve())) == ["plan.voided", "incident.resolved"]

    @pytest.mark.parametrize("more", [[], [finished()]], ids=["started", "not verified"])
    def test_while_a_fix_is_under_way_it_is_refused(self, more: list[e.IncidentEvent]) -> None:
        assert_refused(told([*RUNNING, *more]), resolve(), "under way")

    def test_while_something_is_to_be_put_back_it_is_refused(self) -> None:
        failed = after(
            told([*RUNNING, finished()]),
            c.VerifyStep(at=at(50), plan_id="P1", step=0, passed=False, summary="still red"),
        )
        assert failed.plans["P1"].undoable
        assert_refused(failed, resolve(), "under way")

    def test_a_call_that_left_is_waited_for_whatever_became_of_its_plan(self) -> None:
        assert_refused(told([*RUNNING, voided("stopped")]), resolve(), "under way")
        undoing_beside = [*RUNNING, finished(), verified(), started(1), undoing(0)]
        doubt = told([*undoing_beside, finished(1, "unknown")])
        assert not doubt.plans["P1"].live
        assert_refused(doubt, resolve(), "under way")

    def test_a_plan_that_is_void_is_not_voided_again(self) -> None:
        assert types(decide(told([*WAITING, voided("expired")]), resolve())) == [
            "incident.resolved"
        ]

    def test_an_end_in_doubt_is_a_persons_to_close(self) -> None:
        unknown = told([*RUNNING, finished(outcome="unknown")])
        assert after(unknown, resolve()).status is Status.RESOLVED

    def test_a_second_end_changes_nothing(self) -> None:
        assert decide(ended(), resolve("U2")) == []


class TestReopening:
    def test_a_stop_that_its_end_lifted_stands_again(self) -> None:
        stop = c.StopIncident(**by("U1", name="Maya", reason="a bad deploy"))
        over = after(after(told(WAITING), stop), resolve("U2"))
        assert over.stop is None
        events = decide(over, c.Reopen(**by("U2", reason="it is red again")))
        assert types(events) == ["incident.reopened", "incident.stopped"]
        again = after(over, c.Reopen(**by("U2", reason="it is red again")))
        assert again.stop is not None
        assert (again.stop.actor, again.stop.name, again.stop.reason) == (
            "U2",
            "Maya",
            "a bad deploy",
        )

    def test_one_that_was_lifted_before_does_not(self) -> None:
        stop = c.StopIncident(**by("U1", name="Maya", reason="a bad deploy"))
        lift = c.ResumeIncident(**by("U1", name="Maya", reason="mended"))
        over = after(after(after(told(WAITING), stop), lift), resolve("U2"))
        assert after(over, c.Reopen(**by("U2", reason="it is red"))).stop is None

    def test_whoever_reopens_it_is_on_it(self) -> None:
        again = after(ended(), c.Reopen(**by("U2", reason="it is red again")))
        assert again.status is not Status.RESOLVED
        assert (again.taken_by, again.resolution) == ("U2", "")
        assert not any(work.kind == "call_again" for work in next_work(again))

    def test_it_ends_and_is_reported_once_more(self) -> None:
        again = after(ended(), c.Reopen(**by("U2", reason="it is red again")))
        over = after(again, resolve())
        assert over.resolved_at is not None
        assert over.reported_at is None

    def test_without_a_reason_it_is_refused(self) -> None:
        assert_refused(ended(), c.Reopen(**by("U2", reason="")), "say why")

    def test_what_is_open_stays_so(self) -> None:
        assert decide(told(WAITING), c.Reopen(**by("U2", reason="why not"))) == []
