"""What follows of itself: an end that no one has to ask for, a person who has to be called."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.decide import decide
from bot.domain.incident import Incident
from bot.domain.values import Verdict
from tests.fakes.commands import (
    APPROVED,
    after,
    conclude,
    decision,
    end_undo,
    finish,
    recovery,
    types,
    verify,
    void,
)
from tests.fakes.story import (
    ALLOW,
    DENY,
    ESCALATE,
    alert,
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
    step,
    told,
    undoing,
    undone,
    voided,
)

ASKED = [opened(), diagnosed(), *proposed()]
BOTH = [*APPROVED, *done(0), *done(1)]
FAILED = [*BOTH, recovered(passed=False)]
CLEAR = c.ClearAlert(at=at(15), fingerprint="fp-1")
CLEARED = e.AlertCleared(at=at(15), actor="x", fingerprint="fp-1")
DIGEST = plan().digest("change")


def wanted(*steps: int) -> e.UndoApproved:
    return e.UndoApproved(at=at(45), actor="U1", plan_id="P1", digest=DIGEST, steps=steps)


def reason(incident: Incident, command: c.Command) -> str | None:
    """Why a person is called after it; None where nobody is."""
    calls = [x.reason for x in decide(incident, command) if isinstance(x, e.PersonCalled)]
    assert len(calls) <= 1
    return calls[0] if calls else None


def books(verdict: Verdict = ALLOW) -> list[e.IncidentEvent]:
    return [*ASKED[:2], *proposed(plan("books-open", steps=1, verify=()), verdict)]


class TestCallingAPerson:
    def test_it_is_whoever_the_command_names_in_the_name_of_who_gave_it(self) -> None:
        rejected = decision(choice="reject", oncall=("@oncall",), reason="wait")
        call = decide(told(ASKED), rejected)[-1]
        assert isinstance(call, e.PersonCalled)
        assert (call.to, call.actor, call.plan_id, call.anew) == (("@oncall",), "U1", None, False)

    @pytest.mark.parametrize(
        ("why", "told_as"),
        [
            ("wait", "the fix was rejected: wait"),
            ("", "the fix was rejected: no reason given"),
        ],
    )
    def test_a_rejected_fix_is_with_its_reason(self, why: str, told_as: str) -> None:
        assert reason(told(ASKED), decision(choice="reject", reason=why)) == told_as
        assert reason(told(ASKED), decision()) is None

    def test_a_fix_that_nobody_decided_on_is(self) -> None:
        late = c.ExpireApproval(at=at(2000), plan_id="P1")
        assert reason(told(ASKED), late) == "nobody decided in time, so nothing ran"

    def test_the_books_are_nobodys(self) -> None:
        kept = told(books(ask()))
        digest = plan("books-open", steps=1, verify=()).digest("change")
        expired = c.ExpireApproval(at=at(2000), plan_id="books-open")
        rejected = decision(choice="reject", plan_id="books-open", digest=digest)
        for command in (expired, rejected):
            assert decide(kept, command)
            assert reason(kept, command) is None
        running = told(books(), started(0, "books-open"))
        failed = finish("failed").model_copy(update={"plan_id": "books-open"})
        assert reason(running, failed) is None
        assert (
            reason(told(books()), void("failed").model_copy(update={"plan_id": "books-open"}))
            is None
        )

    @pytest.mark.parametrize("verdict", [DENY, ESCALATE])
    def test_what_may_not_run_is_with_the_rules_reason(self, verdict: Any) -> None:
        known = told(opened(), diagnosed())
        fix = c.ProposePlan(at=at(3), plan=plan(), verdict=verdict)
        assert reason(known, fix) == verdict.reason
        kept = c.ProposePlan(at=at(3), plan=plan("books-open"), verdict=verdict)
        assert reason(known, kept) is None
        assert reason(told(opened()), conclude(plan=plan(), verdict=verdict)) == verdict.reason

    @pytest.mark.parametrize("verdict", [ALLOW, ask()])
    def test_what_may_run_or_asks_calls_nobody_yet(self, verdict: Any) -> None:
        fix = c.ProposePlan(at=at(3), plan=plan(), verdict=verdict)
        assert reason(told(opened(), diagnosed()), fix) is None

    @pytest.mark.parametrize("cause", ["failed", "stopped"])
    def test_what_ended_before_it_ran_is_with_that_nothing_ran(self, cause: str) -> None:
        assert reason(told(APPROVED), void(cause)) == f"because of {cause}; nothing ran"

    @pytest.mark.parametrize("cause", ["drift", "guard", "policy"])
    def test_what_is_planned_anew_calls_nobody(self, cause: str) -> None:
        assert reason(told(APPROVED), void(cause)) is None

    def test_what_ended_halfway_is_with_what_has_run(self) -> None:
        stopped = reason(told(APPROVED, done(0)), void("stopped"))
        assert stopped == "because of stopped; of 2 steps 1 had run and stays as it is"
        assert reason(told(APPROVED, done(0)), void("drift")) is None, "it is undone first"

    def test_a_failure_is_told_once_all_is_put_back(self) -> None:
        running = told(APPROVED, done(0), started(1))
        assert reason(running, finish("failed", 1)) is None
        undo = told(APPROVED, done(0), started(1), finished(1, "failed"), undoing(0))
        assert reason(undo, end_undo("succeeded")) == "step 2 failed: failed; step 1 undone"

    def test_of_two_undone_steps_it_waits_for_the_last(self) -> None:
        undo = told(FAILED, undoing(1))
        assert reason(undo, end_undo("succeeded", 1)) is None
        last = told(FAILED, undoing(1), undone(1), undoing(0))
        assert reason(last, end_undo("succeeded")) == "dust: 1 g; step 1, 2 undone"

    def test_what_can_not_be_undone_or_known_is_said_first(self) -> None:
        undo = told(FAILED, undoing(1))
        assert reason(undo, end_undo("failed", 1)) == "step 2 could not be undone: failed"
        running = told(APPROVED, done(0), started(1))
        assert reason(running, finish("unknown", 1)) == "whether step 2 ran is unknown: unknown"

    def test_where_nothing_can_be_undone_it_is_told_at_once(self) -> None:
        hard = plan().model_copy(update={"steps": (step(0, reversible=False),)})
        story = [*ASKED[:2], *proposed(hard), decided(which=hard), *done(0)]
        assert reason(told(story), recovery(passed=False)) == "dust: 99 g"
        silent = recovery(passed=False).model_copy(update={"summary": ""})
        assert reason(told(story), silent) == "the fix failed, and nothing said why"

    def test_an_alert_that_fires_again_after_a_failed_fix_is(self) -> None:
        undone_all = [*FAILED, undoing(1), undone(1), undoing(0), undone(0)]
        again = c.JoinAlert(at=at(70), alert=alert("fp-2", starts_at=at(70)))
        other = e.AlertJoined(at=at(69), actor="x", alert=alert("fp-3"))
        words = "the alert fires again, after a fix that failed"
        assert reason(told(undone_all, CLEARED), again) == words
        assert reason(told(undone_all), again) is None, "another of it never stopped"
        assert reason(told(undone_all, CLEARED, other), again) is None
        assert reason(told(FAILED, CLEARED), again) is None, "it is still being put back"
        assert reason(told(BOTH, CLEARED), again) is None, "it is still under way"
        assert reason(told(opened(), diagnosed(), CLEARED), again) is None
        assert reason(told(ASKED, voided("expired"), CLEARED), again) is None, "nothing had run"


class TestTheEndOfIt:
    def test_a_fix_that_is_verified_resolves_in_its_own_words(self) -> None:
        end = decide(told(BOTH), recovery(passed=True))[-1]
        assert isinstance(end, e.IncidentResolved)
        assert end.summary == "painted it green"
        silent = plan(resolution="")
        story = [*ASKED[:2], *proposed(silent), decided(which=silent), *done(0), *done(1)]
        end = decide(told(story), recovery(passed=True))[-1]
        assert isinstance(end, e.IncidentResolved)
        assert end.summary == "the fix was verified"

    def test_a_step_of_the_books_resolves_nothing_though_a_fix_is_done(self) -> None:
        reopened = [*BOTH, recovered(), resolved()]
        again = e.IncidentReopened(at=at(50), actor="U1", reason="no")
        [event] = decide(
            told(reopened, again), c.SkipBooks(at=at(51), milestone="close", reason="x")
        )
        assert event.type == "books.skipped"

    def test_its_own_words_count_though_its_alerts_cleared_before(self) -> None:
        end = decide(told(BOTH, CLEARED), recovery(passed=True))[-1]
        assert isinstance(end, e.IncidentResolved)
        assert end.summary == "painted it green"

    @pytest.mark.parametrize("story", [ASKED, APPROVED])
    def test_a_fix_that_has_not_begun_is_void_before_it_is_over(self, story: Any) -> None:
        assert types(decide(told(story), CLEAR)) == [
            "alert.cleared",
            "plan.voided",
            "incident.resolved",
        ]

    def test_where_there_is_no_fix_the_books_end_nothing(self) -> None:
        kept = [*books(), started(0, "books-open")]
        failed = finish("failed").model_copy(update={"plan_id": "books-open"})
        assert types(decide(told(kept, CLEARED), failed)) == ["action.finished"]
        landed = told(kept, finished(plan_id="books-open"))
        looked = verify().model_copy(update={"plan_id": "books-open"})
        assert types(decide(landed, looked)) == ["action.verified"]

    def test_what_has_nothing_to_do_with_the_fix_ends_nothing(self) -> None:
        quiet = told(FAILED, undoing(1), undone(1), undoing(0), undone(0), CLEARED)
        skip = c.SkipBooks(at=at(51), milestone="open", reason="x")
        assert types(decide(quiet, skip)) == ["books.skipped"]

    @pytest.mark.parametrize("more", [[], [e.AlertJoined(at=at(1), actor="x", alert=alert("b"))]])
    def test_it_is_over_once_every_alert_is(self, more: Any) -> None:
        ended = [x for x in decide(told(ASKED, more), CLEAR) if x.type == "incident.resolved"]
        assert bool(ended) is not bool(more)

    def test_books_that_wait_are_not_void_by_it(self) -> None:
        assert types(decide(told(books(ask())), CLEAR)) == ["alert.cleared", "incident.resolved"]

    def test_what_a_failed_fix_left_nothing_of_is_over_with_its_alerts(self) -> None:
        running = told(APPROVED, started(), CLEARED)
        assert types(decide(running, finish("failed"))) == ["action.finished", "incident.resolved"]
        undo = told(FAILED, CLEARED, undoing(1), undone(1), undoing(0))
        assert types(decide(undo, end_undo("succeeded"))) == [
            "rollback.finished",
            "incident.resolved",
        ]
        irreversible = plan().model_copy(update={"steps": (step(0, reversible=False),)})
        story = [*ASKED[:2], *proposed(irreversible), decided(which=irreversible), *done(0)]
        assert (
            types(decide(told(story, CLEARED), recovery(passed=False)))[-1] == "incident.resolved"
        )

    @pytest.mark.parametrize(
        ("story", "command"),
        [
            ([*APPROVED, *done(0), started(1), CLEARED], finish("unknown", 1)),
            ([*FAILED, CLEARED, undoing(1)], end_undo("failed", 1)),
            ([*FAILED, CLEARED], end_undo("refused", 1)),
        ],
    )
    def test_what_is_in_doubt_is_a_persons_though_all_is_quiet(
        self, story: Any, command: Any
    ) -> None:
        assert types(decide(told(story), command))[-1] == "person.called"

    def test_while_it_is_put_back_it_is_not_over(self) -> None:
        assert types(decide(told(BOTH, CLEARED), recovery(passed=False))) == ["recovery.verified"]
        undo = told(FAILED, CLEARED, undoing(1))
        assert types(decide(undo, end_undo("succeeded", 1))) == ["rollback.finished"]

    def test_a_plan_that_is_to_be_asked_for_anew_is_not_over_with_its_alerts(self) -> None:
        assert types(decide(told(APPROVED, CLEARED), void("drift"))) == ["plan.voided"]

    def test_a_halt_ends_it_where_all_is_quiet_and_calls_nobody(self) -> None:
        halt = c.HaltPlan(at=at(60), actor="U1", plan_id="P1", digest=DIGEST, name="Maya")
        story = told(APPROVED, done(0), CLEARED)
        assert types(decide(story, halt)) == ["plan.halted", "plan.voided", "incident.resolved"]

    def test_a_fix_that_was_undone_is_over_with_its_alerts(self) -> None:
        again = e.IncidentReopened(at=at(41), actor="U1", reason="no")
        story = [*BOTH, recovered(), resolved(), again, CLEARED, wanted(1, 0)]
        undo = told(story, undoing(1), undone(1), undoing(0))
        assert types(decide(undo, end_undo("succeeded")))[-1] == "incident.resolved"
        assert types(decide(told(story, undoing(1)), end_undo("succeeded", 1))) == [
            "rollback.finished"
        ]


HALTED = e.PlanHalted(at=at(14), actor="U1", plan_id="P1", name="Maya")


class TestAHalt:
    def test_of_a_plan_that_was_ended_otherwise_meanwhile_ends_nothing_twice(self) -> None:
        ended = told(APPROVED, started(), finished(), HALTED, voided("stopped"))
        assert "plan.voided" not in types(decide(ended, verify()))

    def test_of_the_books_calls_nobody(self) -> None:
        digest = plan("books-open", steps=1, verify=()).digest("auto")
        given: Any = {"plan_id": "books-open", "digest": digest, "name": "Maya"}
        halt = c.HaltPlan(at=at(60), actor="U1", **given)
        assert types(decide(told(books()), halt)) == ["plan.halted", "plan.voided"]

    def test_that_a_last_start_overtook_lets_it_come_to_its_end(self) -> None:
        late = told(APPROVED, done(0), HALTED, started(1), finished(1))
        assert types(decide(late, verify(1))) == ["action.verified"]


class TestAnUndoThatAPersonWanted:
    DONE = (*BOTH, recovered(), resolved())

    @pytest.mark.parametrize("outcome", ["failed", "unknown", "refused"])
    def test_calls_them_where_it_did_not_go_well(self, outcome: str) -> None:
        under_way = told(self.DONE, wanted(1, 0), undoing(1))
        call = decide(under_way, end_undo(outcome, 1))[-1]
        assert isinstance(call, e.PersonCalled)
        assert (call.to, call.reason) == (("U1",), f"step 2 could not be undone: {outcome}")

    def test_calls_nobody_where_it_did(self) -> None:
        under_way = told(self.DONE, wanted(1, 0), undoing(1))
        assert reason(under_way, end_undo("succeeded", 1)) is None

    def test_calls_nobody_for_a_step_that_they_did_not_mean(self) -> None:
        assert reason(told(self.DONE, wanted(0), undoing(1)), end_undo("failed", 1)) is None
        ended = told(BOTH, voided("halted"), wanted(0), undoing(1))
        on_call = decide(ended, end_undo("failed", 1).model_copy(update={"oncall": ("@oncall",)}))
        assert isinstance(on_call[-1], e.PersonCalled)
        assert on_call[-1].to == ("@oncall",), "it is on call's, as any other"
        by_hand = end_undo("refused", 1).model_copy(update={"actor": "U2"})
        assert reason(told(self.DONE, wanted(1, 0)), by_hand) is None

    def test_does_not_end_what_is_over_a_second_time(self) -> None:
        under_way = told(self.DONE, CLEARED, wanted(1, 0), undoing(1), undone(1), undoing(0))
        assert types(decide(under_way, end_undo("succeeded"))) == ["rollback.finished"]

    def test_calls_nobody_where_they_were_told_at_their_click(self) -> None:
        by_hand = end_undo("refused", 1).model_copy(update={"actor": "U1"})
        assert reason(told(self.DONE), by_hand) is None
        halted = told(APPROVED, done(0), voided("halted"))
        refused = end_undo("refused").model_copy(update={"actor": "U1"})
        assert reason(halted, refused) is None

    def test_calls_nobody_else_where_it_went_well_in_an_open_incident(self) -> None:
        halted = told(APPROVED, done(0), voided("halted"), wanted(0), undoing(0))
        assert reason(halted, end_undo("succeeded")) is None
        assert reason(halted, end_undo("failed")) == "step 1 could not be undone: failed"

    def test_a_verified_step_of_a_plan_nobody_halted_voids_nothing(self) -> None:
        assert types(decide(told(APPROVED, started(), finished()), verify())) == ["action.verified"]
        assert after(told(APPROVED, started(), finished()), verify()).plans["P1"].void is None
