"""How a step starts, ends, and is put back: given, when, then."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain import events as e
from bot.domain.decide import decide
from bot.domain.plan_state import PlanStatus, StepStatus
from bot.domain.values import Status
from tests.fakes.commands import (
    APPROVED,
    ONE_STEP,
    after,
    assert_refused,
    begin_undo,
    end_undo,
    finish,
    recovery,
    start,
    types,
    verify,
)
from tests.fakes.story import (
    DENY,
    ESCALATE,
    ask,
    at,
    decided,
    diagnosed,
    done,
    finished,
    opened,
    plan,
    proposed,
    recovered,
    started,
    told,
    undoing,
    undone,
    voided,
)


class TestSteps:
    def test_a_start_keeps_the_key_and_what_an_undo_will_need(self) -> None:
        state = after(told(APPROVED), start()).plans["P1"].steps[0]
        assert (state.status, state.key) == (StepStatus.STARTED, "key-1")
        assert state.checkpoint == {"colour": "red"}

    @pytest.mark.parametrize(
        ("more", "index"),
        [
            ([started()], 0),
            ([started(), finished()], 0),
            ([started(), finished()], 1),
            (done(0), 0),
            ([], 1),
            ([voided("cleared")], 0),
        ],
    )
    def test_a_step_starts_once_and_in_its_turn(self, more: Any, index: int) -> None:
        assert_refused(told(APPROVED, more), start(index), f"step {index + 1} of 'P1' is")

    def test_the_second_starts_once_the_first_is_verified(self) -> None:
        assert types(decide(told(APPROVED, done(0)), start(1))) == ["action.started"]

    @pytest.mark.parametrize("verdict", [ask(), DENY, ESCALATE])
    def test_nothing_starts_unapproved(self, verdict: Any) -> None:
        incident = told(opened(), diagnosed(), proposed(verdict=verdict))
        assert_refused(incident, start(), "step 1 of 'P1' is pending")

    def test_a_step_that_is_not_there_is_refused(self) -> None:
        assert_refused(told(APPROVED), start(7), "no step 8")

    @pytest.mark.parametrize("index", [0, 1])
    def test_only_what_started_finishes(self, index: int) -> None:
        assert_refused(told(APPROVED), finish("succeeded", index), "is pending")

    def test_a_second_finish_is_refused(self) -> None:
        ended = after(told(APPROVED, started()), finish("succeeded"))
        assert_refused(ended, finish("failed"), "is succeeded")

    def test_a_failed_first_step_calls_a_person(self) -> None:
        events = decide(told(APPROVED, started()), finish("failed"))
        assert types(events) == ["action.finished", "person.called"]
        assert "step 1 failed" in str(events[-1])

    def test_an_unknown_outcome_calls_a_person_and_undoes_nothing(self) -> None:
        running = told(APPROVED, done(0), started(1))
        events = decide(running, finish("unknown", 1))
        assert "whether step 2 ran is unknown" in str(events[-1])
        assert after(running, finish("unknown", 1)).plans["P1"].undoable == ()

    def test_a_failed_second_step_undoes_the_first_before_a_person_is_called(self) -> None:
        running = told(APPROVED, done(0), started(1))
        assert types(decide(running, finish("failed", 1))) == ["action.finished"]
        assert after(running, finish("failed", 1)).plans["P1"].undoable == (0,)

    @pytest.mark.parametrize("more", [[], [started()], done(0)])
    def test_only_what_succeeded_is_verified(self, more: Any) -> None:
        assert_refused(told(APPROVED, more), verify(), "step 1 of 'P1' is")

    def test_a_step_whose_effect_never_shows_is_undone(self) -> None:
        running = told(APPROVED, started(), finished())
        assert after(running, verify(passed=False)).plans["P1"].undoable == (0,)

    def test_what_cannot_be_undone_goes_to_a_person_at_once(self) -> None:
        hard = plan(steps=1, verify=()).steps[0].model_copy(update={"reversible": False})
        final = plan(steps=1, verify=()).model_copy(update={"steps": (hard,)})
        running = told(
            opened(), diagnosed(), proposed(final), decided(which=final), started(), finished()
        )
        assert types(decide(running, verify(passed=False))) == ["action.verified", "person.called"]

    def test_the_last_verified_step_resolves_where_nothing_else_is_to_be_seen(self) -> None:
        running = told(
            opened(),
            diagnosed(),
            proposed(ONE_STEP),
            decided(which=ONE_STEP),
            started(),
            finished(),
        )
        assert types(decide(running, verify())) == ["action.verified", "incident.resolved"]

    @pytest.mark.parametrize(
        ("checked", "more", "status"),
        [
            (False, done(0), PlanStatus.RUNNING),
            (False, [*done(0), *done(1)], PlanStatus.DONE),
            (True, [*done(0), *done(1)], PlanStatus.RUNNING),
            (True, [*done(0), *done(1), recovered()], PlanStatus.DONE),
        ],
    )
    def test_it_is_done_with_its_last_step_and_the_check_afterwards_where_it_has_one(
        self, checked: bool, more: Any, status: PlanStatus
    ) -> None:
        fix = plan() if checked else plan(verify=())
        state = told(opened(), diagnosed(), proposed(fix), decided(which=fix), more).plans["P1"]
        assert state.status is status
        assert state.live == (status is PlanStatus.RUNNING)

    def test_a_recovery_resolves_in_the_runbooks_words(self) -> None:
        running = told(APPROVED, done(0), done(1))
        assert running.status is Status.MITIGATED
        ended = after(running, recovery(passed=True))
        assert (ended.status, ended.resolution) == (Status.RESOLVED, "painted it green")

    def test_a_recovery_that_fails_undoes_all_steps_last_first(self) -> None:
        running = told(APPROVED, done(0), done(1))
        assert types(decide(running, recovery(passed=False))) == ["recovery.verified"]
        assert after(running, recovery(passed=False)).plans["P1"].undoable == (1, 0)

    @pytest.mark.parametrize("more", [[], done(0), [*done(0), *done(1), recovered()]])
    def test_a_recovery_is_judged_once_and_at_the_end(self, more: Any) -> None:
        assert_refused(told(APPROVED, more), recovery(passed=True), "not waiting for its recovery")


class TestUndoing:
    FAILED = [*APPROVED, *done(0), *done(1), recovered(passed=False)]

    def test_is_not_over_while_something_of_it_is_to_be_put_back(self) -> None:
        assert told(self.FAILED).plans["P1"].live
        assert not told(self.FAILED, undoing(1), undone(1), undoing(), undone()).plans["P1"].live

    def test_goes_backwards(self) -> None:
        assert_refused(told(self.FAILED), begin_undo(0), "not to be undone now")
        assert types(decide(told(self.FAILED), begin_undo(1))) == ["rollback.started"]

    def test_starts_once(self) -> None:
        assert_refused(told(self.FAILED, undoing(1), undone(1)), begin_undo(1), "not to be undone")

    def test_does_not_start_again_while_it_runs(self) -> None:
        assert_refused(told(self.FAILED, undoing(1)), begin_undo(1), "not to be undone")

    def test_of_the_last_step_calls_a_person_with_what_was_undone(self) -> None:
        events = decide(told(self.FAILED, undoing(1), undone(1), undoing(0)), end_undo("succeeded"))
        assert types(events) == ["rollback.finished", "person.called"]
        assert str(events[-1]).count("step 1, 2 undone") == 1

    @pytest.mark.parametrize("outcome", ["failed", "unknown"])
    def test_that_does_not_end_well_stops_and_calls_a_person(self, outcome: str) -> None:
        events = decide(told(self.FAILED, undoing(1)), end_undo(outcome, 1))
        assert "step 2 could not be undone" in str(events[-1])
        stuck = after(told(self.FAILED, undoing(1)), end_undo(outcome, 1))
        assert stuck.plans["P1"].undoable == ()

    def test_may_be_refused_before_it_starts(self) -> None:
        events = decide(told(self.FAILED), end_undo("refused", 1))
        assert types(events) == ["rollback.finished", "person.called"]

    @pytest.mark.parametrize(("outcome", "index"), [("succeeded", 1), ("refused", 0)])
    def test_that_never_started_has_no_other_end(self, outcome: str, index: int) -> None:
        assert_refused(told(self.FAILED), end_undo(outcome, index), "is verified")

    def test_is_not_for_a_plan_that_went_well(self) -> None:
        assert_refused(told(APPROVED, done(0)), begin_undo(0), "not to be undone now")


def test_a_halt_in_the_record_keeps_the_next_step_from_starting_by_itself() -> None:
    halt = e.PlanHalted(at=at(11), actor="U1", plan_id="P1", name="Uma")
    assert_refused(told(APPROVED, halt), start(), "step 1 of 'P1' is pending")
