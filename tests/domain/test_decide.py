"""Given what happened, when something is asked, then this follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.decide import decide
from bot.domain.incident import Incident
from bot.domain.plan_state import PlanStatus, StepStatus
from bot.domain.refusals import CommandRefusedError
from bot.domain.values import Status
from tests.fakes.story import (
    ALLOW,
    DENY,
    ESCALATE,
    EXPIRES,
    alert,
    ask,
    at,
    decided,
    diagnosed,
    diagnosis,
    done,
    finished,
    opened,
    plan,
    proposed,
    recovered,
    resolved,
    skipped,
    started,
    told,
    undoing,
    undone,
    verified,
    voided,
)

APPROVED = [opened(), diagnosed(), *proposed(), decided()]
ONE_STEP = plan(steps=1, verify=())


def types(events: Sequence[e.IncidentEvent]) -> list[str]:
    return [event.type for event in events]


def after(incident: Incident, command: c.Command) -> Incident:
    for event in decide(incident, command):
        incident = incident.evolve(event)
    return incident


def start(index: int = 0, **changes: Any) -> c.StartStep:
    given: dict[str, Any] = {
        "at": at(12),
        "plan_id": "P1",
        "step": index,
        "key": "key-1",
        "checkpoint": {"colour": "red"},
        "deadline": at(42),
    }
    return c.StartStep.model_validate({**given, **changes})


def finish(outcome: str, index: int = 0) -> c.FinishStep:
    return c.FinishStep.model_validate(
        {"at": at(13), "plan_id": "P1", "step": index, "outcome": outcome, "summary": outcome}
    )


def verify(index: int = 0, *, passed: bool = True) -> c.VerifyStep:
    return c.VerifyStep(at=at(14), plan_id="P1", step=index, passed=passed, summary="looked")


def recovery(*, passed: bool) -> c.VerifyRecovery:
    return c.VerifyRecovery(at=at(20), plan_id="P1", passed=passed, summary="dust: 99 g")


def begin_undo(index: int = 0) -> c.StartRollback:
    return c.StartRollback(at=at(30), plan_id="P1", step=index, key="u", deadline=at(60))


def end_undo(outcome: str, index: int = 0) -> c.FinishRollback:
    return c.FinishRollback.model_validate(
        {"at": at(31), "plan_id": "P1", "step": index, "outcome": outcome, "summary": outcome}
    )


def void(cause: str) -> c.VoidPlan:
    return c.VoidPlan.model_validate(
        {"at": at(11), "plan_id": "P1", "cause": cause, "reason": f"because of {cause}"}
    )


def conclude(**changes: Any) -> c.Conclude:
    return c.Conclude.model_validate({"at": at(2), "diagnosis": diagnosis(), **changes})


class TestAlerts:
    def test_the_first_opens_an_incident_that_is_being_investigated(self) -> None:
        incident = after(told(), c.OpenIncident(at=at(0), actor="alertmanager", alert=alert()))
        assert (incident.title, incident.service) == ("the lamp is red", "lamps")
        assert incident.status is Status.INVESTIGATING

    def test_opening_what_is_open_joins_it(self) -> None:
        second = c.OpenIncident(at=at(5), alert=alert("fp-2"))
        assert types(decide(told(opened()), second)) == ["alert.joined"]

    def test_a_repeat_says_nothing(self) -> None:
        assert decide(told(opened()), c.JoinAlert(at=at(5), alert=alert())) == []

    def test_one_that_cleared_and_fires_again_is_told(self) -> None:
        two = told(opened(), e.AlertJoined(at=at(1), actor="x", alert=alert("fp-2")))
        cleared = after(two, c.ClearAlert(at=at(5), fingerprint="fp-1"))
        events = decide(cleared, c.JoinAlert(at=at(6), alert=alert()))
        assert types(events) == ["alert.joined"]

    def test_none_joins_what_is_resolved(self) -> None:
        over = told(opened(), resolved())
        assert_refused(over, c.JoinAlert(at=at(50), alert=alert("fp-2")), "is resolved")

    def test_clearing_one_of_two_leaves_it_open(self) -> None:
        two = told(opened(), e.AlertJoined(at=at(1), actor="x", alert=alert("fp-2")))
        assert types(decide(two, c.ClearAlert(at=at(5), fingerprint="fp-1"))) == ["alert.cleared"]

    def test_clearing_the_last_resolves_and_voids_what_waits_for_people(self) -> None:
        waiting = told(opened(), diagnosed(), proposed())
        events = decide(waiting, c.ClearAlert(at=at(5), fingerprint="fp-1"))
        assert types(events) == ["alert.cleared", "plan.voided", "incident.resolved"]

    def test_clearing_voids_an_approved_plan_that_has_not_started(self) -> None:
        incident = after(told(APPROVED), c.ClearAlert(at=at(11), fingerprint="fp-1"))
        assert incident.plans["P1"].status is PlanStatus.VOID

    def test_clearing_while_the_fix_runs_lets_it_come_to_its_end(self) -> None:
        running = told(APPROVED, started())
        events = decide(running, c.ClearAlert(at=at(13), fingerprint="fp-1"))
        assert types(events) == ["alert.cleared"]

    @pytest.mark.parametrize("fingerprint", ["fp-1", "somebody else's"])
    def test_clearing_what_is_clear_or_not_known_says_nothing(self, fingerprint: str) -> None:
        over = after(told(opened()), c.ClearAlert(at=at(5), fingerprint="fp-1"))
        assert decide(over, c.ClearAlert(at=at(6), fingerprint=fingerprint)) == []


class TestConclusions:
    def test_a_plan_that_asks_is_proposed_with_its_approval(self) -> None:
        events = decide(told(opened()), conclude(plan=plan(), verdict=ask()))
        assert types(events) == ["diagnosis.reached", "plan.proposed", "approval.requested"]
        request = events[-1]
        assert isinstance(request, e.ApprovalRequested)
        assert request.digest == plan().digest("change")
        assert request.expires_at == at(2 + EXPIRES)

    def test_a_plan_that_is_allowed_is_ready_and_decided_by_its_rule(self) -> None:
        incident = after(told(opened()), conclude(plan=plan(), verdict=ALLOW))
        state = incident.plans["P1"]
        assert (state.status, state.decided_by) == (PlanStatus.READY, "policy:auto")

    @pytest.mark.parametrize("verdict", [DENY, ESCALATE])
    def test_a_plan_that_may_not_run_calls_a_person_with_the_reason(self, verdict: Any) -> None:
        command = conclude(plan=plan(), verdict=verdict, oncall=("@oncall",))
        called = decide(told(opened()), command)[-1]
        assert isinstance(called, e.PersonCalled)
        assert (called.to, called.reason) == (("@oncall",), verdict.reason)

    @pytest.mark.parametrize(
        ("found", "reason"),
        [
            (diagnosis(), "no runbook step fits; likely someone painted it"),
            (diagnosis(hypotheses=()), "the cause is not known"),
        ],
    )
    def test_no_plan_calls_a_person(self, found: Any, reason: str) -> None:
        called = decide(told(opened()), conclude(diagnosis=found))[-1]
        assert isinstance(called, e.PersonCalled)
        assert called.reason == reason

    @pytest.mark.parametrize("more", [[diagnosed()], [resolved()]])
    def test_a_second_or_a_late_diagnosis_says_nothing(self, more: Any) -> None:
        assert decide(told(opened(), more), conclude(plan=plan(), verdict=ask())) == []

    def test_a_plan_is_proposed_once(self) -> None:
        again = c.ProposePlan(at=at(3), plan=plan(), verdict=ask())
        assert decide(told(opened(), diagnosed(), proposed()), again) == []

    def test_no_fix_is_proposed_once_it_is_resolved(self) -> None:
        late = c.ProposePlan(at=at(50), plan=plan("P2"), verdict=ask())
        assert decide(told(opened(), resolved()), late) == []

    def test_books_are_proposed_also_when_it_is_resolved(self) -> None:
        books = c.ProposePlan(at=at(50), plan=plan("books-close"), verdict=ALLOW)
        assert types(decide(told(opened(), resolved()), books)) == ["plan.proposed"]

    def test_books_that_may_not_be_kept_call_nobody(self) -> None:
        books = c.ProposePlan(at=at(3), plan=plan("books-open"), verdict=DENY)
        assert types(decide(told(opened()), books)) == ["plan.proposed"]


def decision(**changes: Any) -> c.DecideApproval:
    given = {
        "at": at(10),
        "actor": "U1",
        "plan_id": "P1",
        "digest": plan().digest("change"),
        "choice": "approve",
    }
    return c.DecideApproval.model_validate({**given, **changes})


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

    @pytest.mark.parametrize("choice", ["approve", "reject"])
    def test_what_is_decided_stays(self, choice: str) -> None:
        ended = after(told(self.WAITING), decision(choice=choice))
        words = {"approve": "already approved by U1", "reject": "already rejected by U1"}
        assert_refused(ended, decision(actor="U2"), words[choice])

    def test_a_changed_digest_is_refused(self) -> None:
        assert_refused(told(self.WAITING), decision(digest="f" * 64), "is")

    def test_the_requester_cannot_approve_but_can_reject(self) -> None:
        own = plan(requester="U1")
        waiting = told(opened(), diagnosed(), proposed(own))
        digest = own.digest("change")
        assert_refused(waiting, decision(digest=digest), "can't approve it alone")
        rejected = after(waiting, decision(digest=digest, choice="reject"))
        assert rejected.plans["P1"].status is PlanStatus.REJECTED

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

    @pytest.mark.parametrize("command", ["expire", "reject"])
    def test_books_nobody_approved_call_nobody(self, command: str) -> None:
        books = plan("books-open")
        waiting = told(opened(), proposed(books))
        given: dict[str, c.Command] = {
            "expire": c.ExpireApproval(at=at(2 + EXPIRES), plan_id=books.id),
            "reject": decision(plan_id=books.id, digest=books.digest("change"), choice="reject"),
        }
        assert "person.called" not in types(decide(waiting, given[command]))


class TestVoidedPlans:
    @pytest.mark.parametrize("cause", ["drift", "guard", "policy"])
    def test_a_moving_world_voids_it_and_asks_for_a_new_plan(self, cause: str) -> None:
        incident = after(told(APPROVED), void(cause))
        assert incident.plans["P1"].wants_replan
        assert not incident.calls

    def test_a_plan_that_cannot_start_calls_a_person(self) -> None:
        events = decide(told(APPROVED), void("failed"))
        assert types(events) == ["plan.voided", "person.called"]
        assert str(events[-1]).count("nothing ran") == 1

    def test_halfway_it_counts_as_failed_and_its_steps_are_undone(self) -> None:
        incident = after(told(APPROVED, done(0)), void("guard"))
        assert incident.plans["P1"].status is PlanStatus.FAILED
        assert incident.plans["P1"].undoable == (0,)

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
            opened(), diagnosed(), proposed(ONE_STEP), decided(which=ONE_STEP), started(), finished()
        )
        assert types(decide(running, verify())) == ["action.verified", "incident.resolved"]

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


class TestEnds:
    def test_books_are_skipped_once(self) -> None:
        skip = c.SkipBooks(at=at(3), milestone="open", reason="no tracker")
        assert types(decide(told(opened()), skip)) == ["books.skipped"]
        assert decide(told(opened(), skipped("open")), skip) == []
        assert decide(told(opened(), proposed(plan("books-open"), ALLOW)), skip) == []

    def test_resolving_and_reporting_happen_once(self) -> None:
        resolve, report = c.Resolve(at=at(50), summary="by hand"), c.Report(at=at(51))
        assert types(decide(told(opened()), resolve)) == ["incident.resolved"]
        assert decide(told(opened(), resolved()), resolve) == []
        reported = after(told(opened(), resolved()), report)
        assert decide(reported, report) == []

    @pytest.mark.parametrize(
        "command", [void("drift"), start(), c.ExpireApproval(at=at(1), plan_id="P1")]
    )
    def test_a_plan_that_is_not_there_is_named(self, command: c.Command) -> None:
        assert_refused(told(opened()), command, "INC-1 has no plan 'P1'")

    def test_an_incident_that_is_not_there_is_named(self) -> None:
        assert_refused(told(), c.Report(at=at(1)), "there is no incident 'INC-1'")

    def test_a_command_refuses_fields_it_does_not_know(self) -> None:
        with pytest.raises(ValueError, match="force"):
            c.Report.model_validate({"at": at(1), "force": True})


def assert_refused(incident: Incident, command: c.Command, words: str) -> None:
    with pytest.raises(CommandRefusedError) as refused:
        decide(incident, command)
    assert words in str(refused.value)
