"""Who is called when nobody reacts, and who takes it: given, when, then."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.decide import decide
from tests.fakes.commands import after, assert_refused, types
from tests.fakes.story import at, diagnosed, opened, proposed, resolved, told

ASKED = [opened(), diagnosed(), *proposed()]


def call_again(**changes: Any) -> c.CallAgain:
    given: dict[str, Any] = {"at": at(302), "calls": 0, "rung": 0, "to": ("U2",), "reason": "quiet"}
    return c.CallAgain.model_validate({**given, **changes})


def take(who: str = "U1") -> c.TakeIncident:
    return c.TakeIncident(at=at(60), actor=who)


class TestCalls:
    def test_nobody_reacts_and_the_next_in_line_is_called(self) -> None:
        [called] = decide(told(ASKED), call_again(then=("U3",)))
        assert isinstance(called, e.PersonCalled)
        assert (called.to, called.then, called.rung) == (("U2",), ("U3",), 0)

    def test_the_one_after_is_called_once_that_one_was_quiet_too(self) -> None:
        once = after(told(ASKED), call_again())
        second = call_again(at=at(602), calls=1, rung=1, to=("U3",))
        assert types(decide(once, second)) == ["person.called"]

    def test_of_two_who_think_of_the_same_call_one_makes_it(self) -> None:
        assert decide(after(told(ASKED), call_again()), call_again()) == []

    @pytest.mark.parametrize("changes", [{"calls": 1}, {"rung": 1}])
    def test_one_thought_of_in_another_state_is_not_made(self, changes: dict[str, Any]) -> None:
        assert decide(told(ASKED), call_again(**changes)) == []

    @pytest.mark.parametrize(
        "events",
        [[opened()], [*ASKED, resolved()]],
        ids=["nobody is asked anything", "it is resolved"],
    )
    def test_where_nobody_is_waited_for_nobody_is_called(self, events: Any) -> None:
        assert decide(told(events), call_again()) == []

    def test_who_has_taken_it_is_not_called_about_it(self) -> None:
        assert decide(after(told(ASKED), take()), call_again()) == []


class TestTaking:
    def test_whoever_takes_it_has_it(self) -> None:
        assert after(told(ASKED), take()).taken_by == "U1"

    def test_whoever_has_it_says_nothing_new_by_taking_it_again(self) -> None:
        assert decide(after(told(ASKED), take()), take()) == []

    def test_another_may_take_it_over(self) -> None:
        assert after(after(told(ASKED), take()), take("U2")).taken_by == "U2"

    def test_what_is_resolved_is_nobodys_to_take(self) -> None:
        assert_refused(told(ASKED, resolved()), take(), "is resolved already")
