"""Five incidents in five minutes are one storm, and what is known of it never changes."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain import events as e
from bot.domain.storm import Opening, shared_calls, stands_alone, storms
from tests.fakes import story
from tests.fakes.story import at, told


def openings(*seconds: float) -> list[Opening]:
    return [Opening(incident=f"INC-{n}", at=at(s)) for n, s in enumerate(seconds, start=1)]


def found(*seconds: float) -> list[tuple[str, ...]]:
    return [storm.incidents for storm in storms(openings(*seconds))]


def names(first: int, last: int) -> tuple[str, ...]:
    return tuple(f"INC-{n}" for n in range(first, last + 1))


def test_five_in_five_minutes_are_a_storm_and_four_are_none() -> None:
    assert found(0, 75, 150, 225, 300) == [names(1, 5)]
    assert found(0, 75, 150, 225, 301) == []
    assert found(0, 1, 2, 3) == []


def test_it_is_named_after_its_first_incident() -> None:
    [storm] = storms(openings(-900, 0, 1, 2, 3, 4))
    assert storm.id == "STORM-2"


def test_it_goes_on_while_five_in_five_minutes_open() -> None:
    assert found(0, 1, 2, 3, 4, 200, 250, 290, 299) == [names(1, 9)]
    assert found(0, 1, 2, 3, 4, 700) == [names(1, 5)]


def test_two_storms_an_hour_apart_are_two() -> None:
    assert found(0, 1, 2, 3, 4, 3600, 3601, 3602, 3603, 3604) == [names(1, 5), names(6, 10)]


@given(st.lists(st.integers(0, 2000), max_size=60).map(sorted), st.data())
def test_what_opens_later_changes_no_storm_but_at_its_end(
    seconds: list[int], data: st.DataObject
) -> None:
    every = openings(*seconds)
    before = storms(every[: data.draw(st.integers(0, len(every)))])
    after = {storm.id: storm.incidents for storm in storms(every)}
    for storm in before:
        assert after[storm.id][: len(storm.incidents)] == storm.incidents


@given(st.lists(st.integers(0, 2000), max_size=60).map(sorted))
def test_an_incident_is_in_one_exactly_where_it_is_among_five_in_five_minutes(
    seconds: list[int],
) -> None:
    every = openings(*seconds)
    members = [incident for storm in storms(every) for incident in storm.incidents]
    assert len(members) == len(set(members))
    for opening in every:
        spans = [
            every[first : first + 5]
            for first in range(len(every) - 4)
            if opening in every[first : first + 5]
        ]
        among = any(span[-1].at - span[0].at <= timedelta(minutes=5) for span in spans)
        assert (opening.incident in members) == among


def called(seconds: float) -> e.PersonCalled:
    return e.PersonCalled(at=at(seconds), actor="opsbot", to=("@oncall",), reason="why")


def test_a_fix_that_waits_runs_or_failed_stands_alone_and_a_forbidden_one_does_not() -> None:
    asked = told(story.opened(), story.diagnosed(), story.proposed())
    assert stands_alone(asked)
    ran = told(
        story.opened(), story.diagnosed(), story.proposed(), story.decided(), story.started()
    )
    assert stands_alone(ran)
    denied = told(story.opened(), story.diagnosed(), story.proposed(verdict=story.DENY))
    assert not stands_alone(denied)
    assert not stands_alone(told(story.opened(), story.diagnosed()))


def test_calls_for_a_fix_are_its_own_and_those_before_are_the_storms() -> None:
    early, late = called(1), called(60)
    mixed = told(story.opened(), story.diagnosed(), early, story.proposed(), late)
    assert [number for number, _ in shared_calls(mixed)] == [1]
    denied = told(story.opened(), story.diagnosed(), story.proposed(verdict=story.DENY), late)
    assert [number for number, _ in shared_calls(denied)] == [1]
