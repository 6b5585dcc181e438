"""Plays drills side by side: they mostly wait, and each has a stage of its own."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path

from bot.sandbox.drills.drill import Drill, Outcome, play


async def play_all(drills: Sequence[Drill], at_once: int) -> AsyncIterator[Outcome]:
    """Outcomes as they come. The folder of one that failed is kept, and named in what is wrong.

    Those at normal pace measure seconds, so they go first, and apart from the others.
    """
    for pace in ("normal", "drill"):
        some = [drill for drill in drills if drill.pace == pace]
        async with aclosing(_side_by_side(some, at_once)) as outcomes:
            async for outcome in outcomes:
                yield outcome


async def _side_by_side(drills: Sequence[Drill], at_once: int) -> AsyncGenerator[Outcome, None]:
    room = asyncio.Semaphore(at_once)

    async def one(drill: Drill) -> Outcome:
        async with room:
            return await play_apart(drill)

    tasks = [asyncio.create_task(one(drill)) for drill in drills]
    try:
        for done in asyncio.as_completed(tasks):
            yield await done
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def play_apart(drill: Drill) -> Outcome:
    """Play it in a folder of its own, which stays only where it failed."""
    name = drill.name.replace(":", "-")
    data = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix=f"opsbot-drill-{name}-"))
    try:
        outcome = await play(drill, data)
    except BaseException:
        await asyncio.to_thread(shutil.rmtree, data, ignore_errors=True)
        raise
    if outcome.held:
        await asyncio.to_thread(shutil.rmtree, data, ignore_errors=True)
        return outcome
    return outcome.kept_in(data)
