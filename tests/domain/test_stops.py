"""A person stops one incident, and lets it go on: given, when, then."""

from __future__ import annotations

import pytest

from bot.domain import commands as c
from bot.domain.decide import decide
from tests.fakes.commands import APPROVED, after, assert_refused, types
from tests.fakes.story import at, opened, resolved, told

STOP = c.StopIncident(at=at(11), actor="U1", name="Uma", reason="wait for the vendor")
RESUME = c.ResumeIncident(at=at(20), actor="U2", name="Ugo", reason="they are done")

pytestmark = pytest.mark.invariant(23)


def test_it_is_stopped_with_the_reason_and_who_said_so() -> None:
    stop = after(told(APPROVED), STOP).stop
    assert stop is not None
    assert (stop.name, stop.reason) == ("Uma", "wait for the vendor")


def test_the_first_stop_stays_whoever_stops_it_again() -> None:
    again = STOP.model_copy(update={"actor": "U2", "name": "Ugo"})
    assert decide(after(told(APPROVED), STOP), again) == []


def test_it_goes_on_once_somebody_says_so() -> None:
    going = after(after(told(APPROVED), STOP), RESUME)
    assert going.stop is None
    assert types(decide(going, STOP)) == ["incident.stopped"]


def test_what_was_not_stopped_has_nothing_to_resume() -> None:
    assert decide(told(APPROVED), RESUME) == []


def test_nothing_runs_in_what_is_resolved_so_it_is_not_stopped() -> None:
    assert_refused(told(opened(), resolved()), STOP, "is resolved, so nothing runs there")
