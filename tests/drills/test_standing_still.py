"""A process stands still at a point that a drill has named, once, until it is told to go on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.poll import until

ROOT = Path(__file__).parents[2]
PASSES = """
import sys
from pathlib import Path
from bot.crashes import arm_crashes
from bot.domain.crashpoints import crashpoint

arm_crashes(Path(sys.argv[1]))
for _ in range(2):
    crashpoint("E2")
    crashpoint("E3")
Path(sys.argv[2]).touch()
"""


@pytest.fixture
def passing(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that comes to E2 and E3 twice; E3 is named."""
    points = tmp_path / "points"
    points.mkdir()
    (points / "E3").touch()
    command = [sys.executable, "-c", PASSES, str(points), str(tmp_path / "passed")]
    process = subprocess.Popen(command, cwd=ROOT)
    yield process
    process.kill()
    process.wait()


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


async def test_it_stands_there_and_says_who_it_is(
    passing: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    async def stands() -> bool:
        return state(passing.pid) == "T"

    await until(stands)
    [taken] = (tmp_path / "points").iterdir()
    assert taken.name == f"E3.{passing.pid}.{passing.pid}"
    assert not (tmp_path / "passed").exists()


async def test_told_to_go_on_it_does_not_stand_there_again(
    passing: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    async def stands() -> bool:
        return state(passing.pid) == "T"

    await until(stands)
    os.kill(passing.pid, signal.SIGCONT)

    async def passed() -> bool:
        return (tmp_path / "passed").exists()

    await until(passed)
