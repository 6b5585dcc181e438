"""What a person may decide, and when a plan is void: given, when, then."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.decide import decide
from bot.domain.plan_state import PlanStatus
from tests.fakes.commands import (
    APPROVED,
    after,
    assert_refused,
    decision,
    types,
    void,
)
from tests.fakes.story import (
    ALLOW,
    DENY,
    ESCALATE,
    EXPIRES,
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
    resolved,
    started,
    told,
    voided,
)


class TestApprovals:
    WAITING = [opened(), diagnosed(), *proposed()]

    def test_an_approval_makes_it_ready(self) -> None:
        state = after(told(self.WAITING), decision()).plans["P1"]
        assert (state.status, state.decided_by) == (PlanStatus.READY, "U1")

    def test_a_rejection_calls_a_person_with_the_reason(self) -> None:
        reject = decision(choice="reject", reason="not during the sale")
        events = decide(told(self.WAITING), reject)
        assert types(events) == ["approval.decided", "person.called"]
        assert "not during the sale" in str(events[-1])

    def test_two_approvals_need_two_people(self) -> None:
        two = told(opened(), diagnosed(), proposed(verdict=ask(approvals=2)))
        first = after(two, decision())
        assert first.plans["P1"].status is PlanStatus.AWAITING
        assert_refused(first, decision(at=at(11)), "already approved by U1")
        assert after(first, decision(actor="U2")).plans["P1"].status is PlanStatus.READY

    def test_one_rejection_outweighs_an_approval(self) -> None:
        two = told(opened(), diagnosed(), proposed(verdict=ask(approvals=2)))
        ended = after(after(two, decision()), decision(actor="U2", choice="reject"))
        assert ended.plans["P1"].status is PlanStatus.REJECTED

    @pytest.mark.invariant(14)
    def test_whoever_rejects_is_no_approver(self) -> None:
        two = proposed(verdict=ask(approvals=2))
        state = told(opened(), two, decided(), decided("reject", "U2")).plans["P1"]
        assert state.approvers == ("U1",)

    @pytest.mark.invariant(9)
    @pytest.mark.parametrize("verdict", [DENY, ESCALATE])
    def test_an_approval_in_the_record_never_makes_ready_what_may_not_run(
        self, verdict: Any
    ) -> None:
        state = told(opened(), proposed(verdict=verdict), decided()).plans["P1"]
        assert state.status is PlanStatus.BLOCKED

    @pytest.mark.invariant(13)
    @pytest.mark.parametrize("choice", ["approve", "reject"])
    def test_what_is_decided_stays(self, choice: str) -> None:
        ended = after(told(self.WAITING), decision(choice=choice))
        words = {"approve": "already approved by U1", "reject": "already rejected by U1"}
        assert_refused(ended, decision(actor="U2"), words[choice])

    def test_a_changed_digest_is_refused(self) -> None:
        assert_refused(told(self.WAITING), decision(digest="f" * 64), "is")

    @pytest.mark.invariant(14)
    def test_the_requester_cannot_approve_but_can_reject(self) -> None:
        own = plan(requester="U1")
        waiting = told(opened(), diagnosed(), proposed(own))
        digest = own.digest("change")
        assert_refused(waiting, decision(digest=digest), "can't approve it alone")
        rejected = after(waiting, decision(digest=digest, choice="reject"))
        assert rejected.plans["P1"].status is PlanStatus.REJECTED

    @pytest.mark.invariant(12)
    @pytest.mark.parametrize(("seconds", "may"), [(-1, True), (0, False), (1, False)])
    def test_it_expires_to_the_second(self, seconds: float, may: bool) -> None:
        click = decision(at=at(2 + EXPIRES + seconds))
        if may:
            assert after(told(self.WAITING), click).plans["P1"].status is PlanStatus.READY
        else:
            assert_refused(told(self.WAITING), click, "expired at")

    def test_an_expired_plan_says_when_it_expired(self) -> None:
        assert_refused(told(self.WAITING, voided("expired")), decision(), "expired at 02:02")

    @pytest.mark.parametrize("cause", ["drift", "guard", "cleared", "policy", "failed"])
    def test_a_voided_plan_says_why(self, cause: str) -> None:
        assert_refused(told(self.WAITING, voided(cause)), decision(), cause)

    @pytest.mark.parametrize("verdict", [ALLOW, DENY, ESCALATE])
    def test_what_asks_nobody_takes_no_answer(self, verdict: Any) -> None:
        digest = plan().digest(verdict.rule)
        incident = told(opened(), diagnosed(), proposed(verdict=verdict))
        assert_refused(incident, decision(digest=digest), "is not waiting for anyone")

    def test_expiry_voids_and_calls_a_person_but_not_before_its_time(self) -> None:
        waiting = told(self.WAITING)
        early = c.ExpireApproval(at=at(1 + EXPIRES), plan_id="P1")
        assert decide(waiting, early) == []
        due = c.ExpireApproval(at=at(2 + EXPIRES), plan_id="P1")
        assert types(decide(waiting, due)) == ["plan.voided", "person.called"]
        assert decide(told(APPROVED), due) == []

    def test_a_plan_that_was_put_before_nobody_yet_is_neither_decided_nor_expired(self) -> None:
        unasked = told(opened(), diagnosed(), proposed()[:1])
        assert_refused(unasked, decision(), "was put before nobody yet")
        assert decide(unasked, c.ExpireApproval(at=at(9999), plan_id="P1")) == []
        assert_refused(told(opened(), proposed()[:1], voided("expired")), decision(), "expired")

    @pytest.mark.parametrize("command", ["expire", "reject"])
    def test_books_nobody_approved_call_nobody(self, command: str) -> None:
        books = plan("books-open")
        waiting = told(opened(), proposed(books))
        given: dict[str, c.Command] = {
            "expire": c.ExpireApproval(at=at(2 + EXPIRES), plan_id=books.id),
            "reject": decision(plan_id=books.id, digest=books.digest("change"), choice="reject"),
        }
        assert "person.called" not in types(decide(waiting, given[command]))


class TestNarrowing:
    WAITING = [opened(), diagnosed(), *proposed()]
    SMALLER = plan("P2", steps=1, requester="U2")

    def narrow(self, **changes: Any) -> c.NarrowPlan:
        given = {
            "at": at(10),
            "actor": "U2",
            "plan_id": "P1",
            "digest": plan().digest("change"),
            "plan": self.SMALLER,
            "verdict": ask(),
        }
        return c.NarrowPlan.model_validate({**given, **changes})

    def test_the_old_plan_is_replaced_and_the_smaller_one_asked_for_in_one_commit(self) -> None:
        events = decide(told(self.WAITING), self.narrow())
        assert types(events) == ["plan.voided", "plan.proposed", "approval.requested"]
        ended = after(told(self.WAITING), self.narrow())
        void = ended.plans["P1"].void
        assert void is not None
        new = self.SMALLER.digest("change")[:4]
        assert (void.cause, void.reason) == ("replaced", f"replaced by plan {new} (edited by U2)")
        assert ended.plans["P2"].status is PlanStatus.AWAITING
        assert not ended.plans["P1"].wants_replan

    @pytest.mark.invariant(12)
    def test_what_was_approved_of_the_old_plan_does_not_count_for_the_new(self) -> None:
        two = told(opened(), diagnosed(), proposed(verdict=ask(approvals=2)))
        ended = after(after(two, decision()), self.narrow(verdict=ask(approvals=2)))
        assert ended.plans["P2"].approvers == ()
        assert_refused(ended, decision(actor="U3"), "replaced by plan")

    @pytest.mark.invariant(14)
    def test_whoever_edited_it_cannot_approve_it(self) -> None:
        ended = after(told(self.WAITING), self.narrow())
        digest = self.SMALLER.digest("change")
        own = decision(plan_id="P2", digest=digest, actor="U2")
        assert_refused(ended, own, "can't approve it alone")
        assert after(ended, decision(plan_id="P2", digest=digest)).plans["P2"].ready_at

    @pytest.mark.parametrize(
        ("more", "changes", "words"),
        [
            ([], {"digest": "0" * 64}, "is"),
            ([], {"plan_id": "P7"}, "no plan 'P7'"),
            ([], {"at": at(2 + EXPIRES)}, "expired at"),
            ([], {"plan": plan("P1", steps=1, requester="U2")}, "not one to make smaller"),
            ([], {"plan": plan("books-open", requester="U2")}, "not one to make smaller"),
            ([], {"plan": plan("P2", steps=1)}, "the one who asks"),
            ([decided()], {}, "already approved by U1"),
            ([decided("reject")], {}, "already rejected by U1"),
            ([voided("drift")], {}, "drift"),
            ([voided("expired")], {}, "expired at"),
            (
                proposed(plan("P2")),
                {"plan": plan("P3", steps=1, requester="U2")},
                "not one to make smaller",
            ),
            ([resolved()], {}, "not one to make smaller"),
        ],
    )
    def test_only_what_waits_is_narrowed(self, more: Any, changes: Any, words: str) -> None:
        assert_refused(told(self.WAITING, more), self.narrow(**changes), words)


class TestVoidedPlans:
    @pytest.mark.parametrize("cause", ["drift", "guard", "policy"])
    def test_a_moving_world_voids_it_and_asks_for_a_new_plan(self, cause: str) -> None:
        incident = after(told(APPROVED), void(cause))
        assert incident.plans["P1"].wants_replan
        assert not incident.calls

    def test_one_that_still_waits_for_people_is_voided_too(self) -> None:
        incident = after(told(opened(), diagnosed(), proposed()), void("policy"))
        assert incident.plans["P1"].status is PlanStatus.VOID

    def test_a_plan_that_cannot_start_calls_a_person(self) -> None:
        events = decide(told(APPROVED), void("failed"))
        assert types(events) == ["plan.voided", "person.called"]
        assert str(events[-1]).count("nothing ran") == 1

    def test_halfway_it_counts_as_failed_and_its_steps_are_undone(self) -> None:
        incident = after(told(APPROVED, done(0)), void("guard"))
        assert incident.plans["P1"].status is PlanStatus.FAILED
        assert incident.plans["P1"].undoable == (0,)
        assert not incident.plans["P1"].wants_replan

    def test_stopped_halfway_what_has_run_stays_as_it_is(self) -> None:
        assert after(told(APPROVED, done(0)), void("stopped")).plans["P1"].undoable == ()

    @pytest.mark.parametrize(
        "more",
        [
            [started()],
            [decided("reject")],
            [voided("drift")],
            [*done(0), *done(1), recovered()],
            [started(), finished(outcome="failed")],
        ],
    )
    def test_what_is_under_way_or_ended_is_not_voided(self, more: Any) -> None:
        waiting = [opened(), diagnosed(), *proposed()]
        base = waiting if isinstance(more[0], e.ApprovalDecided) else APPROVED
        assert_refused(told(base, more), void("drift"), "under way or has ended")

    def test_a_person_may_ask_again_once(self) -> None:
        expired = told(opened(), diagnosed(), proposed(), voided("expired"))
        assert not expired.plans["P1"].wants_replan
        asked = after(expired, c.RequestReplan(at=at(999), actor="U1", plan_id="P1"))
        assert asked.plans["P1"].wants_replan
        assert_refused(asked, c.RequestReplan(at=at(999), plan_id="P1"), "not one to ask")

    @pytest.mark.parametrize(
        "more",
        [[], [voided("expired"), *proposed(plan("P2"))], [voided("expired"), resolved()]],
        ids=["it still waits", "a newer plan", "resolved"],
    )
    def test_nobody_asks_again_for_what_is_not_voided_replaced_or_over(self, more: Any) -> None:
        incident = told(opened(), diagnosed(), proposed(), more)
        assert_refused(incident, c.RequestReplan(at=at(999), plan_id="P1"), "not one to ask")

    def test_a_person_called_for_a_plan_ends_its_replanning(self) -> None:
        drifted = told(APPROVED, voided("drift"))
        call = c.CallPerson(at=at(12), reason="three plans", plan_id="P1", oncall=("U9",))
        called = after(drifted, call)
        assert not called.plans["P1"].wants_replan
        assert called.calls[-1].to == ("U9",)


class TestWhoCommands:
    """An approval as commander counts for whoever commands when it is recorded."""

    LED = [opened(), diagnosed(), *proposed(), e.CommandTaken(at=at(8), actor="U1")]

    def via(self, *handles: str, by: str = "U1") -> tuple[str, ...]:
        command = decision().model_copy(update={"actor": by, "via": handles})
        [decided, *_] = decide(told(self.LED), command)
        assert isinstance(decided, e.ApprovalDecided)
        return decided.via

    def test_it_is_kept_with_what_else_they_are_behind(self) -> None:
        assert self.via("@oncall", "commander") == ("@oncall", "commander")

    def test_who_commands_no_more_is_left_with_the_rest(self) -> None:
        assert self.via("@oncall", "commander", by="U2") == ("@oncall",)

    def test_who_was_nothing_but_commander_is_refused(self) -> None:
        command = decision().model_copy(update={"actor": "U2", "via": ("commander",)})
        assert_refused(told(self.LED), command, "you don't command INC-1 any more")
