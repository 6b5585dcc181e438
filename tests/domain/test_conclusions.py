"""How an investigation, the books and an incident end: given, when, then."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.decide import decide
from bot.domain.plan_state import PlanStatus
from tests.fakes.commands import (
    after,
    assert_refused,
    conclude,
    start,
    types,
    void,
)
from tests.fakes.story import (
    ALLOW,
    DENY,
    ESCALATE,
    EXPIRES,
    WORDS,
    alert,
    ask,
    at,
    diagnosed,
    opened,
    plan,
    proposed,
    resolved,
    skipped,
    told,
)

BELLS = alert("fp-2", service="bells")


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
        assert state.ready_at == at(2)

    def test_a_plan_that_asks_is_ready_for_nobody_yet(self) -> None:
        state = after(told(opened()), conclude(plan=plan(), verdict=ask())).plans["P1"]
        assert (state.ready_at, state.decided_by) == (None, None)

    @pytest.mark.parametrize("verdict", [DENY, ESCALATE])
    def test_a_plan_that_may_not_run_calls_a_person_with_the_reason(self, verdict: Any) -> None:
        command = conclude(plan=plan(), verdict=verdict, oncall=("@oncall",))
        called = decide(told(opened()), command)[-1]
        assert isinstance(called, e.PersonCalled)
        assert (called.to, called.reason) == (("@oncall",), verdict.reason)

    def test_no_plan_is_a_diagnosis_alone(self) -> None:
        assert types(decide(told(opened()), conclude())) == ["diagnosis.reached"]

    def test_what_was_found_without_a_plan_says_nothing_of_a_wider_incident(self) -> None:
        wider = told(opened(), e.AlertJoined(at=at(1), actor="x", alert=BELLS))
        assert decide(wider, conclude(services=frozenset({"lamps"}))) == []
        both = frozenset({"lamps", "bells"})
        assert types(decide(wider, conclude(services=both))) == ["diagnosis.reached"]

    def test_a_plan_is_put_before_people_although_the_incident_grew_meanwhile(self) -> None:
        wider = told(opened(), e.AlertJoined(at=at(1), actor="x", alert=BELLS))
        found = conclude(services=frozenset({"lamps"}), plan=plan(), verdict=ask())
        assert "approval.requested" in types(decide(wider, found))

    @pytest.mark.parametrize("half", [{"plan": plan()}, {"verdict": ask()}])
    def test_a_plan_without_a_verdict_or_a_verdict_without_a_plan_is_neither(
        self, half: dict[str, Any]
    ) -> None:
        assert types(decide(told(opened()), conclude(**half))) == ["diagnosis.reached"]

    def test_a_successor_of_a_voided_plan_is_proposed(self) -> None:
        second = c.ProposePlan(at=at(3), plan=plan("P2"), verdict=ask())
        assert types(decide(told(opened(), diagnosed(), proposed()), second)) == [
            "plan.proposed",
            "approval.requested",
        ]

    def test_an_alert_of_another_service_reopens_the_question(self) -> None:
        joined = e.AlertJoined(at=at(3), actor="x", alert=BELLS)
        assert told(opened(), diagnosed(), joined).diagnosis is None
        assert told(opened(), diagnosed(), proposed(), joined).diagnosis is not None

    @pytest.mark.parametrize("more", [[diagnosed()], [resolved()]])
    def test_a_second_or_a_late_diagnosis_says_nothing(self, more: Any) -> None:
        assert decide(told(opened(), more), conclude(plan=plan(), verdict=ask())) == []

    def test_a_plan_that_was_proposed_meanwhile_stays_the_one_that_is(self) -> None:
        meanwhile = told(opened(), proposed())
        concluded = conclude(plan=plan(), verdict=ask())
        assert types(decide(meanwhile, concluded)) == ["diagnosis.reached"]

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

    def test_words_for_others_are_drafted_once(self) -> None:
        draft = c.DraftWords(at=at(5), words=WORDS)
        assert types(decide(told(opened(), diagnosed()), draft)) == ["words.drafted"]
        assert decide(after(told(opened(), diagnosed()), draft), draft) == []

    def test_an_incident_that_is_not_there_is_named(self) -> None:
        assert_refused(told(), c.Report(at=at(1)), "there is no incident 'INC-1'")

    def test_a_command_refuses_fields_it_does_not_know(self) -> None:
        with pytest.raises(ValueError, match="force"):
            c.Report.model_validate({"at": at(1), "force": True})
