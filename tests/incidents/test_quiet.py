"""Quiet hours hold in the person's own time zone, through midnight and summer time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.incidents.quiet import Quiet, QuietHoursError


def utc(hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, 23, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hour", "minute", "quiet"),
    [(21, 59, False), (22, 0, True), (2, 0, True), (6, 59, True), (7, 0, False), (12, 0, False)],
)
def test_through_midnight(hour: int, minute: int, quiet: bool) -> None:
    assert Quiet.parse("22:00-07:00").holds(utc(hour, minute)) is quiet


def test_within_a_day() -> None:
    lunch = Quiet.parse("12:00 – 13:30")
    assert lunch.holds(utc(12, 30))
    assert not lunch.holds(utc(13, 30))
    assert not lunch.holds(utc(2))


def test_the_clock_is_that_of_the_person() -> None:
    berlin = Quiet.parse("22:00-07:00", "Europe/Berlin")
    assert berlin.holds(utc(21))
    assert not berlin.holds(utc(6, 30))
    assert not berlin.holds(utc(5, 30, month=7)), "in summer 5:30 UTC is 7:30 in Berlin"


def test_a_zone_that_this_machine_does_not_know_counts_as_slack_said() -> None:
    assert Quiet.parse("22:00-07:00", "Nowhere/Atlantis", 3600).holds(utc(21))


@pytest.mark.parametrize("text", ["", "22-7", "25:00-07:00", "22:00-07:60", "22:00-22:00", "late"])
def test_what_are_no_hours_says_what_to_type(text: str) -> None:
    with pytest.raises(QuietHoursError, match="22:00-07:00"):
        Quiet.parse(text)
