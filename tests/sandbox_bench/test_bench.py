"""The bench measures what happens, and its figures that don't depend on the machine hold."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from bot.cli import bench
from bot.sandbox.bench.backends import Backends
from bot.sandbox.bench.clicks import bench_slack
from bot.sandbox.bench.figure import Figure
from bot.sandbox.bench.investigations import Measured
from bot.sandbox.bench.oracle import Oracle
from bot.sandbox.bench.scene import Scene

TIMED = {"step_ms", "step_cpu_ms"}
"""Held to their limits by the bench itself, on a machine that has nothing else to do."""


async def test_tokens_cache_and_the_first_error_hold(tmp_path: Path) -> None:
    measured = Measured()
    async with Scene(tmp_path, Oracle(measured.parts)) as scene:
        figures = {each.name: each for each in await measured.run(scene)}
    missed = [
        f"{f.title}: {f.value}" for f in figures.values() if f.name not in TIMED and not f.met
    ]
    assert not missed
    assert figures["step_ms"].value > 0
    assert figures["fixed_tokens"].value > 1_000


def test_a_limit_is_the_most_or_the_least() -> None:
    most = Figure(name="a", title="a", value=5, unit="ms", limit=4, baseline=10)
    least = most.model_copy(update={"at_least": True})
    assert (most.met, least.met) == (False, True)
    assert most.ratio == 0.5


def test_requests_side_by_side_are_counted_once() -> None:
    backends = Backends()
    backends.busy = [(1.0, 3.0), (2.0, 4.0), (6.0, 7.0), (9.0, 12.0)]
    assert backends.seconds_between(0.0, 8.0) == pytest.approx(4.0)
    assert backends.seconds_between(2.5, 10.0) == pytest.approx(3.5)
    assert backends.seconds_between(7.5, 8.5) == 0


async def test_clicks_are_acknowledged_and_decide_both_ways_in() -> None:
    said: list[str] = []
    figures = await bench_slack(said.append, incidents=3)
    assert [f.name for f in figures] == [
        f"click_{mode}_p{percent}" for mode in ("socket", "http") for percent in (50, 99)
    ]
    for figure in figures:
        assert figure.value > 0
        assert figure.baseline
        assert figure.against == "1 incident"


@pytest.mark.parametrize(("value", "code"), [(3.0, 0), (5.0, 1)])
def test_a_missed_limit_ends_the_command_with_1(
    value: float, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    figure = Figure(name="step_ms", title="a step", value=value, unit="ms", limit=4, baseline=75)

    async def measured(progress: object) -> list[Figure]:
        return [figure]

    monkeypatch.setattr(bench, "bench_agent", measured)
    assert bench.run(argparse.Namespace(what="agent", json=True)) == code
    told = capsys.readouterr()
    (row,) = json.loads(told.out)
    assert row["met"] is (code == 0)
    assert row["ratio"] == round(value / 75, 3)
    assert ("step_ms" in told.err) is (code == 1)
