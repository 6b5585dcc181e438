"""Alerts and the parts of a wide incident: given, when, then."""

from __future__ import annotations

import pytest

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.decide import decide
from bot.domain.plan_state import PlanStatus
from bot.domain.values import Status, Thread
from tests.fakes.commands import (
    APPROVED,
    after,
    assert_refused,
    types,
)
from tests.fakes.story import (
    alert,
    at,
    diagnosed,
    opened,
    proposed,
    resolved,
    started,
    told,
)

BELLS = alert("fp-2", service="bells")
THREADS = (
    Thread(id="lamps", title="Lamps", question="Why red?", services=("lamps",)),
    Thread(id="bells", title="Bells", question="Why silent?", services=("bells",)),
)


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
        events = decide(cleared, c.JoinAlert(at=at(6), alert=alert(starts_at=at(6))))
        assert types(events) == ["alert.joined"]

    @pytest.mark.invariant(5)
    @pytest.mark.parametrize("began", [-1, 0, 4])
    def test_a_late_word_of_what_has_cleared_does_not_reopen_it(self, began: float) -> None:
        two = told(opened(), e.AlertJoined(at=at(1), actor="x", alert=alert("fp-2")))
        clear = c.ClearAlert(at=at(5), fingerprint="fp-1", starts_at=at(4))
        late = c.JoinAlert(at=at(6), alert=alert(starts_at=at(began)))
        assert decide(after(two, clear), late) == []

    def test_none_joins_what_is_resolved(self) -> None:
        over = told(opened(), resolved())
        assert_refused(over, c.JoinAlert(at=at(50), alert=alert("fp-2")), "is resolved")

    def test_clearing_one_of_two_leaves_it_open(self) -> None:
        two = told(opened(), e.AlertJoined(at=at(1), actor="x", alert=alert("fp-2")))
        assert types(decide(two, c.ClearAlert(at=at(5), fingerprint="fp-1"))) == ["alert.cleared"]

    @pytest.mark.invariant(6)
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


class TestThreads:
    ASSIGN = c.AssignThreads(at=at(2), threads=THREADS, deadline=at(182))
    FINISH = c.FinishThread(at=at(3), thread="lamps", summary="painted")

    def test_are_assigned_once_and_only_while_nothing_is_known(self) -> None:
        assert types(decide(told(opened()), self.ASSIGN)) == ["threads.assigned"]
        assert decide(after(told(opened()), self.ASSIGN), self.ASSIGN) == []
        assert decide(told(opened(), diagnosed()), self.ASSIGN) == []
        assert decide(told(opened(), resolved()), self.ASSIGN) == []

    def test_finish_once_each(self) -> None:
        assigned = after(told(opened()), self.ASSIGN)
        assert types(decide(assigned, self.FINISH)) == ["thread.finished"]
        assert decide(after(assigned, self.FINISH), self.FINISH) == []

    def test_come_too_late_once_there_is_a_diagnosis(self) -> None:
        assigned = after(told(opened()), self.ASSIGN)
        assert decide(assigned.evolve(diagnosed()), self.FINISH) == []

    def test_nobody_assigned_say_nothing(self) -> None:
        assert decide(told(opened()), self.FINISH) == []
