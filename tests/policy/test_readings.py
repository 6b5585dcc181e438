"""What one piece of evidence says about one expectation."""

from __future__ import annotations

from typing import Any

import pytest

from bot.policy.conditions import Truth
from bot.policy.readings import judge
from tools.kit.types import Evidence


def seen(status: Any = "found", **values: Any) -> Evidence:
    return Evidence(tool="look", query="q", summary="dark", status=status, values=values)


@pytest.mark.parametrize(("dust", "truth"), [(9, Truth.TRUE), (10, Truth.FALSE)])
def test_it_holds_over_what_was_captured(dust: float, truth: Truth) -> None:
    found = judge("grams < limit", {"grams": "dust"}, {"limit": 10}, seen(dust=dust))
    assert (found.truth, found.why, found.captured) == (truth, "", {"grams": dust})
    assert found.scope == {"dust": dust, "limit": 10, "grams": dust}


@pytest.mark.invariant(11)
def test_failed_evidence_proves_nothing_even_where_it_holds_values() -> None:
    found = judge("grams < 10", {"grams": "dust"}, {"limit": 10}, seen("failed", dust=1))
    assert (found.truth, found.why) == (Truth.UNKNOWN, "look was not reached: dark")
    assert found.scope == {"limit": 10}


def test_a_capture_that_fails_says_why_and_leaves_no_older_value() -> None:
    found = judge("grams < 10", {"grams": "dust"}, {"grams": 1}, seen(grams=1))
    assert found.truth is Truth.UNKNOWN
    assert found.why == "'grams < 10': no grams; grams: 'dust': no dust"
    assert found.captured == found.scope == {}


def test_what_failed_to_be_captured_is_no_matter_where_the_rest_decides() -> None:
    found = judge("dust < 10", {"grams": "weight"}, {}, seen(dust=1))
    assert (found.truth, found.why) == (Truth.TRUE, "")


def test_what_is_known_wins_over_what_was_seen() -> None:
    assert judge("limit == 10", {}, {"limit": 10}, seen(limit=99)).truth is Truth.TRUE
