"""How far a plan has come, and what may follow: undone, asked for again, over."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain import events as e
from bot.domain.plan_state import PlanState, PlanStatus, StepStatus
from tests.fakes.commands import APPROVED
from tests.fakes.story import (
    ALLOW,
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
    step,
    told,
    undoing,
    undone,
    verified,
    voided,
)

ASKED = [opened(), diagnosed(), *proposed()]
BOTH = [*APPROVED, *done(0), *done(1)]
DONE = [*BOTH, recovered()]
FAILED = [*BOTH, recovered(passed=False)]
DIGEST = plan().digest("change")
AGAIN = e.ReplanRequested(at=at(50), actor="U1", plan_id="P1")
HANDED = e.PersonCalled(at=at(50), actor="opsbot", to=("@oncall",), reason="x", plan_id="P1")


def state(*story: Any) -> PlanState:
    return told(*story).plans["P1"]


def wanted(*steps: int) -> e.UndoApproved:
    return e.UndoApproved(at=at(45), actor="U1", plan_id="P1", digest=DIGEST, steps=steps)


@pytest.mark.parametrize(
    ("verdict", "status", "ready"),
    [
        (ALLOW, PlanStatus.READY, True),
        (ask(), PlanStatus.AWAITING, False),
        (DENY, PlanStatus.BLOCKED, False),
        (ESCALATE, PlanStatus.BLOCKED, False),
    ],
)
def test_the_verdict_says_whether_it_may_run(verdict: Any, status: Any, ready: bool) -> None:
    found = state(opened(), diagnosed(), proposed(verdict=verdict))
    assert (found.status, found.ready_at is not None) == (status, ready)
    assert found.decided_by == ("policy:auto" if verdict == ALLOW else None)


class TestDeciding:
    def test_it_is_ready_once_enough_people_approved(self) -> None:
        two = [opened(), diagnosed(), *proposed(verdict=ask(2)), decided()]
        assert (state(two).status, state(two).ready_at) == (PlanStatus.AWAITING, None)
        both = state(two, decided(by="U2"))
        assert (both.status, both.ready_at) == (PlanStatus.READY, at(10))
        assert (both.approvers, both.decided_by) == (("U1", "U2"), "U2")

    def test_the_same_person_counts_once(self) -> None:
        two = [opened(), diagnosed(), *proposed(verdict=ask(2)), decided(), decided()]
        assert (state(two).status, state(two).approvers) == (PlanStatus.AWAITING, ("U1",))

    def test_who_rejects_has_not_approved(self) -> None:
        found = state(ASKED, decided("reject"))
        assert (found.status, found.approvers, found.decided_by) == (
            PlanStatus.REJECTED,
            (),
            "U1",
        )

    @pytest.mark.parametrize("verdict", [DENY, ESCALATE])
    def test_an_approval_that_nobody_asked_for_lets_nothing_run(self, verdict: Any) -> None:
        denied = state(opened(), diagnosed(), proposed(verdict=verdict), decided())
        assert denied.status is PlanStatus.BLOCKED


class TestSteps:
    def test_they_are_taken_in_their_order(self) -> None:
        assert state(APPROVED).current == 0
        assert state(APPROVED, done(0)).current == 1
        assert state(BOTH).current is None
        assert (state(APPROVED, done(0)).all_verified, state(BOTH).all_verified) == (False, True)

    @pytest.mark.parametrize(
        ("outcome", "landed"), [("succeeded", True), ("failed", False), ("unknown", False)]
    )
    def test_only_what_succeeded_has_landed(self, outcome: str, landed: bool) -> None:
        found = state(APPROVED, started(), finished(outcome=outcome))
        assert (found.landed, found.steps[0].landed) == (landed, landed)
        assert found.status is (PlanStatus.RUNNING if landed else PlanStatus.FAILED)
        assert found.steps[0].failure == ("" if landed else outcome)

    def test_what_is_verified_as_wrong_fails_the_plan_and_says_why(self) -> None:
        found = state(APPROVED, started(), finished(), verified(passed=False))
        assert (found.status, found.steps[0].failure) == (PlanStatus.FAILED, "still red")
        assert found.steps[0].status is StepStatus.FAILED

    def test_it_is_done_once_the_world_has_recovered_and_not_before(self) -> None:
        assert (state(BOTH).status, state(BOTH).done_at) == (PlanStatus.RUNNING, None)
        assert (state(DONE).status, state(DONE).done_at) == (PlanStatus.DONE, at(20))
        assert (state(FAILED).status, state(FAILED).done_at) == (PlanStatus.FAILED, None)
        assert (state(DONE).recovered, state(FAILED).recovered) == (True, False)

    def test_with_nothing_to_verify_its_last_step_ends_it(self) -> None:
        short = plan(verify=())
        story = [opened(), diagnosed(), *proposed(short), decided(which=short), *done(0)]
        assert state(story).status is PlanStatus.RUNNING
        assert state(story, done(1)).status is PlanStatus.DONE

    def test_a_void_before_anything_ran_is_no_failure(self) -> None:
        assert state(ASKED, voided("expired")).status is PlanStatus.VOID
        assert state(APPROVED, started(), voided("stopped")).status is PlanStatus.VOID
        assert state(APPROVED, done(0), voided("stopped")).status is PlanStatus.FAILED


class TestUndoing:
    def test_what_failed_is_undone_by_itself_last_first(self) -> None:
        assert state(FAILED).undoable == (1, 0)
        assert state(FAILED, undoing(1), undone(1)).undoable == (0,)
        assert state(FAILED, undoing(1), undone(1), undoing(0), undone(0)).undoable == ()

    def test_what_did_not_land_or_can_not_be_put_back_is_left_out(self) -> None:
        one = [*APPROVED, *done(0), started(1), finished(1, "failed")]
        assert state(one).undoable == (0,)
        fixed = plan().model_copy(update={"steps": (step(0, reversible=False), step(1))})
        story = [opened(), diagnosed(), *proposed(fixed), decided(which=fixed)]
        assert state(story, done(0), done(1), recovered(passed=False)).undoable == (1,)

    @pytest.mark.parametrize(
        "more",
        [
            [*done(0), started(1), finished(1, "unknown")],
            [*done(0), *done(1), recovered(passed=False), undone(1, "refused")],
            [*done(0), *done(1), recovered(passed=False), undoing(1), undone(1, "failed")],
        ],
    )
    def test_what_is_in_doubt_stops_the_rest(self, more: Any) -> None:
        assert state(APPROVED, more).undoable == ()

    @pytest.mark.parametrize("cause", ["stopped", "halted"])
    def test_what_a_person_ended_stays_unless_they_want_it_undone(self, cause: str) -> None:
        ended = [*APPROVED, *done(0), voided(cause)]
        assert (state(ended).undoable, state(ended).revertible) == ((), (0,))
        assert (state(ended, wanted(0)).undoable, state(ended, wanted(0)).live) == ((0,), True)

    @pytest.mark.parametrize("cause", ["drift", "guard", "policy", "failed"])
    def test_what_ended_otherwise_is_undone_by_itself(self, cause: str) -> None:
        ended = state(APPROVED, done(0), voided(cause))
        assert (ended.undoable, ended.revertible) == ((0,), ())

    def test_what_is_done_stays_unless_a_person_wants_it_undone(self) -> None:
        assert (state(DONE).undoable, state(DONE).revertible) == ((), (1, 0))
        assert state(DONE, wanted(1)).undoable == (1,), "only that"
        assert state(DONE, wanted(1, 0)).revertible == (), "once"

    @pytest.mark.parametrize(
        "story",
        [
            APPROVED,
            [*APPROVED, *done(0)],
            FAILED,
            [*APPROVED, *done(0), started(1), voided("halted")],
            [*APPROVED, *done(0), started(1), finished(1, "unknown"), voided("halted")],
        ],
    )
    def test_nothing_is_a_persons_to_put_back_while_it_runs_or_is_in_doubt(
        self, story: Any
    ) -> None:
        assert state(story).revertible == ()

    @pytest.mark.parametrize("more", [[undoing(1)], [undoing(1), undone(1, "failed")]])
    def test_nor_while_an_undo_is_under_way_or_lost(self, more: Any) -> None:
        ended = [*APPROVED, *done(0), *done(1), voided("halted"), *more]
        assert state(ended).revertible == ()

    def test_a_refused_undo_may_be_done_over_what_stands_there(self) -> None:
        refused = [*FAILED, undone(1, "refused")]
        assert state(refused).overwritable == (1, 0)
        assert state(FAILED).overwritable == ()
        assert state(FAILED, undoing(1), undone(1, "failed")).overwritable == ()

    def test_what_was_put_back_before_is_not_in_its_way(self) -> None:
        assert state(FAILED, undoing(1), undone(1), undone(0, "refused")).overwritable == (0,)

    @pytest.mark.parametrize(
        "more",
        [
            [undoing(0), undone(0, "failed")],
            [undoing(0)],
        ],
    )
    def test_but_not_where_another_is_lost_or_under_way(self, more: Any) -> None:
        assert state(FAILED, undone(1, "refused"), more).overwritable == ()

    @pytest.mark.parametrize("more", [[], [finished(1, "unknown")]])
    def test_nor_where_a_step_is_in_doubt(self, more: Any) -> None:
        story = [*APPROVED, *done(0), started(1), *more, undone(0, "refused")]
        assert state(story).overwritable == ()

    def test_what_a_person_frees_is_as_it_was_before_it_got_stuck(self) -> None:
        moved = undone(1, "refused").model_copy(update={"moved": True})
        freed = state(FAILED, moved, wanted(1, 0)).steps
        assert [s.status for s in freed] == [StepStatus.VERIFIED, StepStatus.VERIFIED]
        assert not freed[1].moved
        broken = [*APPROVED, *done(0), started(1), finished(1), verified(1, passed=False)]
        again = state(broken, undone(1, "refused"), wanted(1, 0)).steps
        assert [s.status for s in again] == [StepStatus.VERIFIED, StepStatus.FAILED]

    def test_what_a_person_did_not_mean_stays_stuck(self) -> None:
        stuck = state(FAILED, undone(1, "refused"), wanted(0)).steps[1]
        assert stuck.status is StepStatus.STUCK
        assert stuck.moved is False

    def test_it_is_rolled_back_once_the_last_of_it_is(self) -> None:
        assert state(DONE).rolled_back_at is None
        one = undone(1).model_copy(update={"at": at(61)})
        two = undone(0).model_copy(update={"at": at(62)})
        half = [*DONE, wanted(1, 0), undoing(1), one]
        assert state(half).rolled_back_at is None
        assert state(half, undoing(0), two).rolled_back_at == at(62)

    def test_what_was_undone_by_itself_before_anybody_wanted_it_is_no_roll_back(self) -> None:
        assert state(FAILED, undoing(1), undone(1), undoing(0), undone(0)).rolled_back_at is None


class TestAskingAgain:
    @pytest.mark.parametrize("cause", ["drift", "guard", "policy"])
    def test_what_a_moving_world_voided_is_planned_again_by_itself(self, cause: str) -> None:
        assert state(ASKED, voided(cause)).wants_replan
        assert not state(APPROVED, done(0), voided(cause)).wants_replan

    @pytest.mark.parametrize("cause", ["expired", "stopped", "halted", "cleared", "handed"])
    def test_what_people_ended_is_planned_again_once_somebody_asks(self, cause: str) -> None:
        assert not state(ASKED, voided(cause)).wants_replan
        assert state(ASKED, voided(cause), AGAIN).wants_replan
        assert state(FAILED, AGAIN).wants_replan

    @pytest.mark.parametrize("story", [ASKED, DONE, [*ASKED, decided("reject")]])
    def test_nothing_else_is(self, story: Any) -> None:
        assert not state(story, AGAIN).wants_replan
        assert not state(story).wants_replan

    def test_what_was_handed_to_a_person_is_theirs(self) -> None:
        assert not state(ASKED, voided("drift"), HANDED).wants_replan
        assert not state(ASKED, voided("drift"), HANDED, AGAIN).wants_replan
        assert not state(ASKED, voided("expired"), HANDED).may_ask_again

    def test_a_person_may_ask_once_it_is_over_and_once(self) -> None:
        assert state(ASKED, voided("expired")).may_ask_again
        assert not state(ASKED, voided("expired"), AGAIN).may_ask_again
        assert not state(ASKED).may_ask_again
        assert not state(DONE).may_ask_again
        assert not state(ASKED, decided("reject")).may_ask_again

    def test_a_failure_may_be_asked_about_once_it_is_put_back(self) -> None:
        both = [undoing(1), undone(1), undoing(0), undone(0)]
        assert not state(FAILED).may_ask_again
        half = [*APPROVED, *done(0), started(1), finished(1, "failed")]
        assert not state(half).may_ask_again
        assert not state(half, undoing(0)).may_ask_again
        assert state(half, undoing(0), undone(0)).may_ask_again
        assert state(FAILED, both).may_ask_again

    @pytest.mark.parametrize(
        "more",
        [
            [*done(0), started(1), finished(1, "unknown")],
            [*done(0), *done(1), recovered(passed=False), undone(1, "refused")],
        ],
    )
    def test_a_failure_in_doubt_is_a_persons(self, more: Any) -> None:
        assert not state(APPROVED, more).may_ask_again

    def test_what_is_done_and_stays_is_not_asked_for_again(self) -> None:
        halted = state(APPROVED, done(0), voided("halted"))
        assert (halted.remaining, halted.may_ask_again) == ((1,), True)
        whole = state(BOTH, voided("halted"))
        assert (whole.remaining, whole.may_ask_again) == ((), False)


def test_it_is_live_while_something_of_it_may_still_move() -> None:
    assert [state(x).live for x in (ASKED, APPROVED, DONE)] == [False, False, False]
    assert state(APPROVED, started()).live
    assert state(FAILED).live
    assert not state(ASKED, voided("expired")).live
