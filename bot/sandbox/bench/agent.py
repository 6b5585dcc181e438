"""`bench agent`: everything that an investigation and a question cost."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from bot.sandbox.bench import commands
from bot.sandbox.bench.figure import Figure
from bot.sandbox.bench.investigations import Measured
from bot.sandbox.bench.oracle import Oracle
from bot.sandbox.bench.scene import Scene


async def bench_agent(progress: Callable[[str], None]) -> list[Figure]:
    """All figures, in the order of the table. Takes half a minute, two processors best all to
    itself. Raises BenchError, and what the start of opsbot raises."""
    measured = Measured()
    oracle = Oracle(measured.parts)
    with tempfile.TemporaryDirectory(prefix="opsbot-bench-") as folder:
        progress("Starting opsbot between a scripted model and fixed backends …")
        async with Scene(Path(folder), oracle) as scene:
            progress("Three investigations …")
            figures = await measured.run(scene)
            progress("Its commands, cold and through the running one …")
            return [*figures, *await commands.measure(scene, Path(folder))]
