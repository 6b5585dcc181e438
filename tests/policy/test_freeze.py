"""Freeze windows: when they hold, for what, and which the file may not have."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from bot.policy.facts import Radius
from bot.policy.freeze import Freeze

ETL = Radius(
    count=1,
    services=frozenset({"etl"}),
    environments=frozenset({"production"}),
    tier=2,
)
WEEKEND = {"id": "w", "weekly": "Fri 18:00 – Mon 06:00", "zone": "Europe/Berlin"}
YEAR_END = {"id": "y", "from": "2026-12-20T00:00:00+01:00", "until": "2027-01-04T06:00:00Z"}


def holds(freeze: dict[str, Any], at: str, radius: Radius = ETL) -> bool:
    return Freeze.model_validate(freeze).holds(datetime.fromisoformat(at), radius)


@pytest.mark.parametrize(
    ("at", "frozen"),
    [
        ("2026-11-27T16:59:59Z", False),
        ("2026-11-27T17:00:00Z", True),
        ("2026-11-29T12:00:00Z", True),
        ("2026-11-30T04:59:59Z", True),
        ("2026-11-30T05:00:00Z", False),
        ("2026-12-01T12:00:00Z", False),
        # In summer Berlin is an hour further ahead.
        ("2026-07-03T16:00:00Z", True),
        ("2026-07-03T15:59:59Z", False),
        # Whoever asks from another zone asks about the same moment.
        ("2026-11-28T02:00:00+09:00", True),
    ],
)
def test_a_weekly_window_goes_by_the_clocks_of_its_zone(at: str, frozen: bool) -> None:
    assert holds(WEEKEND, at) is frozen


@pytest.mark.parametrize(
    ("at", "frozen"),
    [
        ("2026-11-24T23:30:00Z", True),
        ("2026-11-24T21:59:00Z", False),
        ("2026-11-25T02:00:00Z", False),
    ],
)
def test_a_window_within_the_week_does_not_wrap(at: str, frozen: bool) -> None:
    assert holds({"id": "n", "weekly": "Tue 22:00 - Wed 02:00", "zone": "UTC"}, at) is frozen


@pytest.mark.parametrize(
    ("at", "frozen"),
    [
        ("2026-12-19T22:59:59Z", False),
        ("2026-12-19T23:00:00Z", True),
        ("2027-01-04T05:59:59Z", True),
        ("2027-01-04T06:00:00Z", False),
    ],
)
def test_an_absolute_window_holds_from_its_first_second_to_before_its_last(
    at: str, frozen: bool
) -> None:
    assert holds(YEAR_END, at) is frozen


@pytest.mark.parametrize(
    ("scope", "frozen"),
    [
        ({"services": ["etl"]}, True),
        ({"services": ["billing"]}, False),
        ({"environments": ["production"]}, True),
        ({"environments": ["staging"]}, False),
        ({"services": ["etl"], "environments": ["staging"]}, False),
    ],
)
def test_it_holds_for_what_it_names_and_for_all_where_it_names_nothing(
    scope: dict[str, Any], frozen: bool
) -> None:
    assert holds({**YEAR_END, **scope}, "2026-12-24T00:00:00Z") is frozen


def test_touching_one_frozen_service_among_others_is_enough() -> None:
    both = ETL.model_copy(update={"services": frozenset({"etl", "billing"})})
    assert holds({**YEAR_END, "services": ["billing"]}, "2026-12-24T00:00:00Z", both)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "write 'weekly' and 'zone', or 'from' and 'until'"),
        ({"from": "2026-12-20T00:00:00Z"}, "write 'weekly' and 'zone', or 'from' and 'until'"),
        ({"from": "2026-12-20T00:00:00", "until": "2026-12-21T00:00:00Z"}, "timezone"),
        ({"from": 20261220, "until": 20261224}, "write a time with its offset"),
        ({"from": "2026-12-21T00:00:00Z", "until": "2026-12-20T00:00:00Z"}, "not before"),
        ({**YEAR_END, "zone": "UTC"}, "carry their own offset"),
        ({**YEAR_END, **WEEKEND}, "write either"),
        ({"weekly": "Fri 18:00 – Mon 06:00"}, "needs 'zone'"),
        ({**WEEKEND, "zone": "Europe/Atlantis"}, "no time zone 'Europe/Atlantis'"),
        ({**WEEKEND, "zone": "../etc/passwd"}, "no time zone"),
        ({**WEEKEND, "weekly": "Friday evening"}, "is not written like"),
        ({**WEEKEND, "weekly": "Fry 18:00 – Mon 06:00"}, "'Fry' is no day"),
        ({**WEEKEND, "weekly": "Fri 18:00 – Mon 24:00"}, "24:00 is no time of day"),
        ({**WEEKEND, "weekly": "Fri 18:60 – Mon 06:00"}, "18:60 is no time of day"),
        ({**WEEKEND, "weekly": "Fri 18:00 – Fri 18:00"}, "begins where it ends"),
        ({**WEEKEND, "services": []}, "means nothing"),
        ({**WEEKEND, "environments": ["*"]}, "means nothing"),
        ({**WEEKEND, "then": "allow"}, "'deny', 'ask' or 'escalate'"),
    ],
)
def test_a_window_that_could_be_misread_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Freeze.model_validate({"id": "w", **changes})


WEEKLY = {"id": "w", "weekly": "Sat 10:00 – Sun 23:59", "zone": "UTC"}
SALE = {"id": "s", "from": "2026-12-20T18:00:00Z", "until": "2026-12-21T18:00:00Z"}


@pytest.mark.parametrize(
    ("day", "hour", "inside"), [(11, 23, False), (12, 9, False), (12, 10, True), (13, 23, True)]
)
def test_a_window_may_be_the_weekend_to_its_last_minute(day: int, hour: int, inside: bool) -> None:
    touched = Radius(count=1, services=frozenset(), environments=frozenset(), tier=3)
    now = datetime(2026, 12, day, hour, 58, tzinfo=UTC)
    assert Freeze.model_validate(WEEKLY).holds(now, touched) is inside


def test_an_edge_that_says_null_is_as_one_left_out() -> None:
    assert Freeze.model_validate({**WEEKLY, "from": None, "until": None}).since is None


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({**WEEKLY, "from": SALE["from"]}, "either 'weekly'"),
        ({**WEEKLY, "until": SALE["until"]}, "either 'weekly'"),
        ({**SALE, "from": None}, "or 'from' and 'until'"),
        ({**SALE, "until": None}, "or 'from' and 'until'"),
        ({**SALE, "until": SALE["from"]}, "'from' is not before 'until'"),
    ],
)
def test_half_a_window_or_two_are_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Freeze.model_validate(given)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({**WEEKLY, "reason": "a sale"}, "a sale"),
        (WEEKLY, "freeze 'w' (Sat 10:00 – Sun 23:59)"),
        (SALE, "freeze 's' (until 2026-12-21 18:00:00+00:00)"),
    ],
)
def test_a_freeze_is_told_by_its_reason_or_by_its_time(given: dict[str, Any], told: str) -> None:
    assert Freeze.model_validate(given).told == told
