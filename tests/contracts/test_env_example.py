"""`.env.example` is the whole list of settings, and a copy of it changes nothing."""

from __future__ import annotations

import itertools
from pathlib import Path

from bot import settings
from bot.settings import Settings
from tools.integrations import INTEGRATIONS

EXAMPLE = Path(__file__).parents[2] / ".env.example"
_NOT_A_VARIABLE = "environment"


def _lines() -> list[str]:
    return [line for line in EXAMPLE.read_text(encoding="utf-8").splitlines() if line]


def test_it_names_every_setting_once_and_no_other() -> None:
    named = [line.partition("=")[0] for line in _lines() if not line.startswith("#")]
    own = {field.alias for name, field in Settings.model_fields.items() if name != _NOT_A_VARIABLE}
    theirs = {
        f"OPSBOT_{integration.name}_{field}".upper()
        for integration in INTEGRATIONS
        for field in integration.settings.model_fields
    }
    assert set(named) == own | theirs
    assert len(named) == len(set(named))


def test_each_has_its_meaning_in_the_line_above_and_no_value() -> None:
    lines = _lines()
    for before, line in itertools.pairwise(lines):
        if not line.startswith("#"):
            assert before.startswith("# "), f"{line} has no line above that explains it"
            assert line.endswith("="), f"{line} has a value"


def test_a_copy_of_it_leaves_every_default_as_it_is() -> None:
    assert settings.read({}, EXAMPLE) == settings.read({}, EXAMPLE.with_name("no such file"))
