"""Cutting an observation to its budget."""

from __future__ import annotations

import pytest

from tools.kit.excerpt import cut, fit


def test_whole_lines_are_kept_as_long_as_they_fit() -> None:
    assert fit(["abc", "def", "ghi"], 7) == ("abc\ndef", True)
    assert fit(["abc", "def"], 7) == ("abc\ndef", False)
    assert fit([], 7) == ("", False)


def test_a_first_line_that_is_too_long_is_cut_rather_than_lost() -> None:
    assert fit(["abcdefgh", "i"], 4) == ("abc…", True)


@pytest.mark.parametrize("budget", [0, 1, 2, 5])
def test_nothing_is_ever_longer_than_its_budget(budget: int) -> None:
    assert len(cut("abcdef", budget)) <= budget
    assert len(fit(["abcdef", "g"], budget)[0]) <= budget
