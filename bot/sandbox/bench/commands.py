"""Runs opsbot's own commands as a person would, and takes their time and memory."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bot.sandbox.bench.figure import Figure
from bot.sandbox.bench.scene import BenchError, Scene

_TIMES = 5
_COLD_TIMES = 3
_KILOBYTE = 1 if sys.platform == "darwin" else 1024
"""What `ru_maxrss` counts in, in bytes."""


@dataclass(frozen=True, slots=True)
class Ran:
    """One run of a command."""

    seconds: float
    megabytes: float
    """The most it held at once."""
    out: str


async def measure(scene: Scene, folder: Path) -> list[Figure]:
    """`--help`, a cold answer and one through the running opsbot. Raises BenchError."""
    plain = {"HOME": str(folder), "OPSBOT_DATA": str(folder / "cold")}
    model = plain | scene.model_environment()
    question = ("ask", "is etl all right?")
    helped = [await _run(("--help",), plain, folder) for _ in range(_TIMES)]
    cold = [await _run(question, model, folder) for _ in range(_COLD_TIMES)]
    running = [await _run(question, scene.environment, folder) for _ in range(_TIMES)]
    imported = await asyncio.to_thread(_import_seconds, folder)
    return [
        Figure(
            name="help_s",
            title="opsbot --help",
            value=median(ran.seconds for ran in helped),
            unit="s",
            limit=0.4,
            baseline=5.0,
        ),
        Figure(
            name="ask_cold_s",
            title="opsbot ask, cold",
            value=median(ran.seconds for ran in cold),
            unit="s",
            limit=4,
            baseline=6.8,
            note=f"of which {imported:.1f} s are the SDK's import",
        ),
        Figure(
            name="ask_running_s",
            title="opsbot ask, through a running opsbot",
            value=median(ran.seconds for ran in running),
            unit="s",
            limit=0.5,
        ),
        Figure(
            name="cold_memory_mb",
            title="memory of the cold opsbot ask",
            value=max(ran.megabytes for ran in cold),
            unit="MB",
            limit=200,
            baseline=341,
        ),
    ]


async def _run(words: Sequence[str], environment: Mapping[str, str], folder: Path) -> Ran:
    command = [sys.executable, "-P", "-m", "bot", *words]
    return await asyncio.to_thread(_ran, command, environment, folder)


def _ran(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Ran:
    begin = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own command
        command,
        env=_searched(environment),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    # Both are short: neither fills its pipe while the other is read.
    assert process.stdout is not None
    assert process.stderr is not None
    out, said = process.stdout.read(), process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    process.stderr.close()
    if process.returncode != 0 or not out.strip():
        words = " ".join(command[4:])
        raise BenchError(f"`opsbot {words}` ended with {process.returncode}: {said.strip()[-300:]}")
    return Ran(seconds, used.ru_maxrss * _KILOBYTE / 1_000_000, out)


def _import_seconds(folder: Path) -> float:
    """How long the SDK alone takes to import."""
    timed = "import time; t = time.perf_counter(); import anthropic; print(time.perf_counter() - t)"
    return float(_ran([sys.executable, "-P", "-c", timed], {"HOME": str(folder)}, folder).out)


def _searched(environment: Mapping[str, str]) -> dict[str, str]:
    """The same, with this very opsbot found first, wherever it was started from."""
    return {**environment, "PYTHONPATH": str(Path(__file__).parents[3])}
