"""What the demo doesn't play, and says so before anything starts."""

from __future__ import annotations

import pytest

from bot.__main__ import main


def test_a_fix_whose_value_was_read_from_a_change_is_not_played_without_a_person(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["demo", "--wide", "--auto", "--headless"]) == 1
    assert "no policy lets --wide run by itself" in capsys.readouterr().err
