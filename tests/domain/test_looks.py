"""The pace at which a recovery is looked at."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.looks import counted, looks, until_next

WITHIN = st.floats(0, 7200, allow_nan=False)


def test_of_a_quarter_of_an_hour_the_first_minute_has_six_looks_and_the_others_one_each() -> None:
    planned = looks(900)
    assert planned[:7] == (0, 3, 6, 12, 24, 48, 96)
    assert {later - earlier for earlier, later in pairwise(planned[6:-1])} == {60}
    assert planned[-1] == 900


@given(WITHIN)
def test_it_ends_with_the_time_and_never_rests_longer_than_a_minute(within: float) -> None:
    planned = looks(within)
    assert planned[0] == 0
    assert planned[-1] == within
    assert all(0 < later - earlier <= 60 for earlier, later in pairwise(planned))


@given(WITHIN, st.floats(0, 1))
def test_the_next_look_is_the_next_in_number(within: float, part: float) -> None:
    elapsed = within * part
    if elapsed < within:
        wait = until_next(elapsed, within)
        assert wait > 0
        assert counted(elapsed + wait, within)[0] in (
            counted(elapsed, within)[0], counted(elapsed, within)[0] + 1
        )  # fmt: skip


@pytest.mark.parametrize(
    ("elapsed", "nth"), [(-0.1, 1), (0, 1), (2.9, 1), (3, 2), (48.5, 6), (900, 21), (2000, 21)]
)
def test_looks_are_counted_from_one(elapsed: float, nth: int) -> None:
    assert counted(elapsed, 900) == (nth, 21)
