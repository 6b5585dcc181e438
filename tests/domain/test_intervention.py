"""What people may do about a plan besides deciding on it: halt it, hand it over, have it undone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.decide import decide
from bot.domain.intervention import UNDO_WITHIN, intervened
from bot.domain.plan_state import PlanStatus, StepStatus
from tests.fakes.commands import APPROVED, after, assert_refused, finish, types, verify
from tests.fakes.story import (
    ALLOW,
    at,
    decided,
    diagnosed,
    done,
    finished,
    opened,
    plan,
    proposed,
    recovered,
    resolved,
    started,
    step,
    told,
    undoing,
    undone,
    verified,
    voided,
)

DONE = [*APPROVED, *done(0), *done(1), recovered(), resolved()]
HALTED = [*APPROVED, *done(0), voided("halted")]
STUCK = [*APPROVED, *done(0), *done(1), recovered(passed=False), undone(1, "refused")]
DIGEST = plan().digest("change")


def shown(**fields: Any) -> dict[str, Any]:
    return {"at": at(60), "actor": "U1", "plan_id": "P1", "digest": DIGEST, **fields}


def halt(**fields: Any) -> c.HaltPlan:
    return c.HaltPlan(**shown(name="Maya", **fields))


def hand(**fields: Any) -> c.HandPlan:
    return c.HandPlan(**shown(name="Maya", oncall=("@oncall",), **fields))


def undo(*steps: int, **fields: Any) -> c.ApproveUndo:
    return c.ApproveUndo(**shown(steps=steps, via=("@oncall",), **fields))


def second(*, over: int = 2, name: str = "P2") -> list[e.IncidentEvent]:
    """Another plan, of one step on the lamp of that number, proposed and approved."""
    other = plan(name, verify=()).model_copy(update={"steps": (step(over),)})
    return [*proposed(other), decided(which=other)]


class TestHalting:
    def test_before_the_first_step_the_plan_is_void_and_a_person_is_called(self) -> None:
        events = decide(told(APPROVED), halt())
        assert types(events) == ["plan.halted", "plan.voided", "person.called"]
        ended = after(told(APPROVED), halt())
        assert ended.plans["P1"].status is PlanStatus.VOID
        assert ended.calls[-1].reason == "halted by Maya before step 1 of 2; nothing ran"

    def test_between_two_steps_what_has_run_stays_and_is_told(self) -> None:
        ended = after(told(APPROVED, done(0)), halt())
        state = ended.plans["P1"]
        assert state.void is not None
        assert (state.void.cause, state.void.reason) == (
            "halted",
            "halted by Maya after step 1 of 2",
        )
        assert state.undoable == (), "nothing is put back by itself"
        assert ended.calls[-1].reason.endswith("of 2 steps 1 had run and stays as it is")

    def test_a_step_under_way_comes_to_its_end_first(self) -> None:
        running = told(APPROVED, started())
        assert types(decide(running, halt())) == ["plan.halted"]
        halted = after(running, halt())
        assert types(decide(halted, finish("succeeded"))) == ["action.finished"]
        landed = after(halted, finish("succeeded"))
        assert types(decide(landed, verify())) == [
            "action.verified",
            "plan.voided",
            "person.called",
        ]

    @pytest.mark.parametrize(
        "more",
        [
            [*done(0), started(1)],
            [*done(0), started(1), finished(1)],
            [*done(0), *done(1)],
        ],
    )
    def test_where_the_last_step_has_begun_none_is_left(self, more: Any) -> None:
        assert_refused(told(APPROVED, more), halt(), "its last step has begun")

    def test_before_the_last_step_it_is_not_too_late(self) -> None:
        one = plan(steps=1, verify=())
        approved = told(opened(), diagnosed(), proposed(one), decided(which=one))
        assert types(decide(approved, halt(digest=one.digest("change"))))[0] == "plan.halted"

    @pytest.mark.parametrize(
        "story",
        [
            [opened(), diagnosed(), *proposed()],
            [opened(), diagnosed(), *proposed(), decided("reject")],
            [*APPROVED, voided("stopped")],
            DONE,
        ],
    )
    def test_what_does_not_run_is_not_halted(self, story: Any) -> None:
        assert_refused(told(story), halt(), "nothing of it runs now")

    def test_a_second_halt_says_who_was_faster(self) -> None:
        halted = after(told(APPROVED, started()), halt())
        assert_refused(halted, halt(actor="U2"), "halted by U1")

    def test_another_plan_than_the_one_shown_is_not_halted(self) -> None:
        assert_refused(told(APPROVED), halt(digest="else"), f"plan 'P1' is {DIGEST[:4]} now")
        assert_refused(told(APPROVED), halt(plan_id="P9"), "has no plan 'P9'")


class TestHandingOver:
    def test_the_plan_is_void_and_whoever_is_on_call_is_called_anew(self) -> None:
        handed = after(told(opened(), diagnosed(), proposed()), hand())
        state = handed.plans["P1"]
        assert state.void is not None
        assert (state.status, state.void.reason) == (
            PlanStatus.VOID,
            "handed to a person by Maya",
        )
        call = handed.calls[-1]
        assert (call.to, call.anew, state.handed_over) == (("@oncall",), True, True)
        assert call.reason == "Maya handed the fix to a person; nothing ran"

    @pytest.mark.parametrize(
        ("story", "fields", "words"),
        [
            (APPROVED, {}, "approved by U1"),
            ([opened(), diagnosed(), *proposed()], {"digest": "else"}, "now"),
            ([opened(), diagnosed(), *proposed()], {"at": at(2000)}, "expired"),
        ],
    )
    def test_only_the_plan_that_waits_and_was_shown(
        self, story: Any, fields: Any, words: str
    ) -> None:
        assert_refused(told(story), hand(**fields), words)


class TestUndoing:
    def test_what_is_done_is_undone_last_first_once_a_person_wants_it(self) -> None:
        assert told(DONE).plans["P1"].undoable == ()
        wanted = after(told(DONE), undo(1, 0))
        assert wanted.plans["P1"].undoable == (1, 0)
        [event] = decide(told(DONE), undo(1, 0))
        assert isinstance(event, e.UndoApproved)
        assert (event.steps, event.via, event.digest) == ((1, 0), ("@oncall",), DIGEST)

    def test_what_was_halted_halfway_is_too(self) -> None:
        assert after(told(HALTED), undo(0)).plans["P1"].undoable == (0,)

    @pytest.mark.parametrize("steps", [(), (0,), (1,), (0, 1)])
    def test_all_that_is_live_or_nothing(self, steps: tuple[int, ...]) -> None:
        assert_refused(told(DONE), undo(*steps), "nothing of it is there to be put back")

    def test_a_second_time_it_says_who_was_faster(self) -> None:
        wanted = after(told(DONE), undo(1, 0))
        assert_refused(wanted, undo(1, 0, actor="U2"), "rolled back by U1")

    @pytest.mark.parametrize(
        "story",
        [
            APPROVED,
            [*APPROVED, *done(0)],
            [*APPROVED, *done(0), started(1), finished(1, "unknown")],
            [*APPROVED, *done(0), *done(1), recovered(passed=False)],
            [*APPROVED, *done(0), *done(1), recovered(passed=False), undoing(1)],
            [
                *APPROVED,
                *done(0),
                *done(1),
                recovered(passed=False),
                undoing(1),
                undone(1, "failed"),
            ],
        ],
    )
    def test_what_runs_is_in_doubt_or_undone_by_itself_is_not_a_persons(self, story: Any) -> None:
        assert_refused(told(story), undo(1, 0), "nothing of it is there to be put back")
        assert_refused(told(story), undo(), "nothing of it is there to be put back")

    def test_an_undo_that_was_refused_before_it_began_may_be_wanted(self) -> None:
        assert after(told(STUCK), undo(1, 0)).plans["P1"].undoable == (1, 0)

    def test_the_books_are_nobodys_to_undo(self) -> None:
        books = plan("books-open", verify=())
        kept = [*proposed(books, ALLOW), *done(0, "books-open"), *done(1, "books-open")]
        incident = told(opened(), diagnosed(), kept)
        wanted = undo(1, 0, plan_id="books-open", digest=books.digest("auto"))
        assert_refused(incident, wanted, "nothing of it is there to be put back")

    def test_another_plan_than_the_one_shown_is_not_undone(self) -> None:
        assert_refused(told(DONE), undo(1, 0, digest="else"), "now")

    def test_while_the_incident_is_stopped_nothing_is(self) -> None:
        stop = e.IncidentStopped(at=at(50), actor="U2", name="Dev", reason="wait")
        assert_refused(told(DONE, stop), undo(1, 0), "INC-1 is stopped; resume it first")

    def test_while_another_plan_is_under_way_nothing_is(self) -> None:
        other = plan("P2", verify=()).model_copy(update={"steps": (step(2),)}).digest("change")
        for more in ([], [started(0, "P2")]):
            busy = told(HALTED, second(), more)
            assert_refused(busy, undo(0), f"plan {other[:4]} is under way; halt it first")

    def test_what_only_waits_or_is_over_stands_in_nobodys_way(self) -> None:
        waits = second()[:2]
        assert types(decide(told(HALTED, waits), undo(0))) == ["undo.approved"]
        elsewhere = [*second(over=2), *done(0, "P2")]
        assert types(decide(told(HALTED, elsewhere), undo(0))) == ["undo.approved"]

    def test_what_a_later_plan_changed_is_undone_there_first(self) -> None:
        other = plan("P2", verify=()).model_copy(update={"steps": (step(0),)})
        over_it = [*second(over=0), *done(0, "P2")]
        incident = told(HALTED, over_it)
        words = f"plan {other.digest('change')[:4]} changed it since; undo that first"
        assert_refused(incident, undo(0), words)
        later = undo(0, plan_id="P2", digest=other.digest("change"))
        assert types(decide(incident, later)) == ["undo.approved"], "the first is not in its way"
        back = e.RollbackStarted(
            at=at(70), actor="opsbot", plan_id="P2", step=0, key="k", deadline=at(90)
        )
        gone = e.RollbackFinished(
            at=at(71), actor="opsbot", plan_id="P2", step=0, outcome="succeeded", summary="back"
        )
        undone_there = after(incident, later).evolve(back).evolve(gone)
        assert types(decide(undone_there, undo(0))) == ["undo.approved"]

    def test_a_later_plan_that_never_ran_changed_nothing(self) -> None:
        incident = told(HALTED, second(over=0), voided("cleared", "P2"))
        assert types(decide(incident, undo(0))) == ["undo.approved"]

    def test_another_field_of_the_same_target_is_not_in_the_way(self) -> None:
        same = step(0)
        change = same.dry_run.changes[0].model_copy(update={"field": "height"})
        dry = same.dry_run.model_copy(update={"changes": (change,)})
        other = plan("P2", verify=()).model_copy(
            update={"steps": (same.model_copy(update={"dry_run": dry}),)}
        )
        story = [*proposed(other), decided(which=other), *done(0, "P2")]
        assert types(decide(told(HALTED, story), undo(0))) == ["undo.approved"]

    def test_a_day_later_it_is_no_longer_one_click(self) -> None:
        ended = told(DONE).plans["P1"].done_at
        assert ended is not None
        in_time = undo(1, 0, at=ended + UNDO_WITHIN)
        assert types(decide(told(DONE), in_time)) == ["undo.approved"]
        late = undo(1, 0, at=ended + UNDO_WITHIN + timedelta(seconds=1))
        assert_refused(told(DONE), late, "more than a day ago")

    def test_a_refused_undo_may_be_rolled_back_later_than_a_day(self) -> None:
        refused = [
            *DONE,
            e.UndoApproved(at=at(50), actor="U1", plan_id="P1", digest=DIGEST, steps=(1, 0)),
            undone(1, "refused"),
        ]
        late = undo(1, 0, at=at(60) + 2 * UNDO_WITHIN)
        assert types(decide(told(refused), late)) == ["undo.approved"]
        assert after(told(refused), late).plans["P1"].steps[1].status is StepStatus.VERIFIED


class TestWhatComesAfterAPersonPutAHandIn:
    """Policy alone runs nothing any more."""

    @pytest.mark.parametrize("cause", ["halted", "handed", "stopped", "resolved"])
    def test_a_plan_was_ended_by_hand(self, cause: str) -> None:
        ended = told(opened(), diagnosed(), *proposed(), voided(cause), *second())
        assert intervened(ended, at(70)) == "a person ended a plan here"

    def test_another_was_asked_for(self) -> None:
        again = e.ReplanRequested(at=at(12), actor="U1", plan_id="P1")
        asked = told(opened(), diagnosed(), *proposed(), voided("expired"), again, *second())
        assert intervened(asked, at(70)) == "a person asked for it again"

    def test_one_was_undone(self) -> None:
        wanted = decide(told(DONE[:-1]), undo(1, 0))
        undone_by_hand = told(DONE[:-1], wanted, second())
        assert intervened(undone_by_hand, at(70)) == "a person had a plan undone here"

    @pytest.mark.parametrize(
        ("before", "severity", "seconds", "milder"),
        [
            ("sev1", "sev2", 10, True),
            ("sev1", "sev2", 60, True),
            ("sev1", "sev2", 61, False),
            ("sev2", "sev1", 10, False),
            ("sev2", "sev2", 10, False),
        ],
    )
    def test_it_was_made_less_severe_before_the_plan(
        self, before: str, severity: str, seconds: float, milder: bool
    ) -> None:
        change = {"actor": "U1", "before": before, "severity": severity, "reason": "because"}
        changed = e.SeverityChanged.model_validate({"at": at(seconds), **change})
        found = intervened(told(opened(), changed), at(60))
        assert found == ("a person made the incident less severe" if milder else "")

    @pytest.mark.parametrize("cause", ["expired", "guard", "cleared", "policy"])
    def test_what_ended_or_went_on_of_itself_is_nobodys_hand(self, cause: str) -> None:
        itself = told(opened(), diagnosed(), *proposed(), voided(cause), *second())
        assert intervened(itself, at(70)) == ""


def test_a_step_that_found_its_target_changed_after_a_verdict_stays_live() -> None:
    """A halt in a plan that policy let run is a person's to undo as well."""
    allowed = [opened(), diagnosed(), *proposed(verdict=ALLOW), *done(0)]
    halted = after(told(allowed), halt(digest=plan().digest("auto")))
    assert after(halted, undo(0, digest=plan().digest("auto"))).plans["P1"].undoable == (0,)


def test_what_is_verified_after_a_halt_ends_the_plan_once() -> None:
    halted = after(told(APPROVED, started(), finished()), halt())
    ended = after(halted, verify())
    assert ended.plans["P1"].status is PlanStatus.FAILED
    assert types(decide(told(APPROVED, started(), finished()), verify())) == [verified().type]
