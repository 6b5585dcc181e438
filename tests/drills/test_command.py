"""`opsbot drill`: what it lists, what it says of a drill that failed, and its exit code."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from bot.__main__ import main
from bot.cli import drill as command
from bot.sandbox.drills.drill import Drill, Outcome


def outcome(name: str, *wrong: str) -> Outcome:
    return Outcome(
        name=name,
        told="its effect is sent",
        rows=(7, 8),
        killed="act",
        effects=("variable.set x", "run.started y"),
        end="resolved",
        note="",
        wrong=wrong,
        seconds=20.0,
    )


def played(monkeypatch: pytest.MonkeyPatch, *wrong: str) -> None:
    """Every drill that is asked for comes to this."""

    async def play_all(drills: Sequence[Drill], _: int) -> AsyncIterator[Outcome]:
        for drill in reversed(drills):
            yield outcome(drill.name, *wrong)

    monkeypatch.setattr(command, "play_all", play_all)


def test_the_list_tells_what_each_drill_does_and_shows(capsys: Any) -> None:
    assert main(["drill", "--list", "E3:valkey"]) == 0
    assert capsys.readouterr().out == (
        "E3:valkey      its effect is sent: Valkey is killed (promises 8, 7, 9)\n"
    )


def test_a_drill_that_does_not_exist_is_refused(capsys: Any) -> None:
    assert main(["drill", "E9"]) == 1
    assert "there is no drill 'E9'; `opsbot drill --list` tells them" in capsys.readouterr().err


def test_the_table_says_who_was_killed_what_was_changed_and_that_it_held(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    played(monkeypatch)
    assert main(["drill", "W1:valkey", "E3:valkey"]) == 0
    told = capsys.readouterr()
    rows = [line.split("  ") for line in told.out.splitlines()]
    assert [[cell.strip() for cell in row if cell] for row in rows] == [
        ["drill", "killed", "effects", "end", "verdict"],
        ["W1:valkey", "act", "2: variable.set, run.started", "resolved", "held"],
        ["E3:valkey", "act", "2: variable.set, run.started", "resolved", "held"],
    ]
    assert "  1/2 E3:valkey held, 20 s" in told.err


def test_one_that_failed_says_why_and_fails_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    played(monkeypatch, "2 times: variable.set x")
    assert main(["drill", "E3:valkey"]) == 1
    told = capsys.readouterr()
    assert told.out.splitlines()[1].endswith("2 times: variable.set x")
    assert "opsbot: 1 failed: E3:valkey" in told.err


def test_as_json_it_is_an_array_with_the_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    played(monkeypatch, "it was lost")
    assert main(["drill", "E3:valkey", "--json"]) == 1
    [told] = json.loads(capsys.readouterr().out)
    assert (told["name"], told["held"], told["wrong"]) == ("E3:valkey", False, ["it was lost"])
    assert "evidence" not in told
