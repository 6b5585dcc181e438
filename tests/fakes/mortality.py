"""Death at a chosen moment: after a note reached the ledger, or at a crash point."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.adapters.redis_ledger import RedisLedger
from bot.domain import crashpoints
from bot.domain import events as e


class Killed(BaseException):
    """Nothing in the process may catch it: it is the end of the process."""


class MortalLedger(RedisLedger):
    """A ledger whose process dies once a note that `dies_after` names is safe in it."""

    def __init__(self, redis: Redis, clean: Callable[[Sequence[Any]], list[Any]] = list) -> None:
        super().__init__(redis, sync_each_commit=False, clean=clean)
        self.dies_after: Callable[[e.WorkEvent], bool] = lambda event: False

    async def note(self, incident_id: str, *events: e.WorkEvent) -> None:
        await super().note(incident_id, *events)
        if any(self.dies_after(event) for event in events):
            raise Killed


def dies_at(point: str, monkeypatch: pytest.MonkeyPatch, *, times: int = 1) -> None:
    """The process dies the next times it reaches that crash point."""
    left = times

    def kill(name: str) -> None:
        nonlocal left
        if name == point and left:
            left -= 1
            raise Killed

    monkeypatch.setattr(crashpoints, "_reached", [kill])


def _ours(task: asyncio.Task[object]) -> bool:
    """Of the process that died; those of the model's server live on."""
    code = getattr(task.get_coro(), "cr_code", None)
    return (
        code is not None
        and "/bot/sandbox/" not in code.co_filename
        and ("/bot/" in code.co_filename or "/tests/" in code.co_filename)
    )


async def killed(life: Awaitable[object]) -> None:
    """Live until death, which takes everything that still ran along."""
    before = asyncio.all_tasks()
    with pytest.raises(Killed):
        await life
    # More than once: a call to Redis that is under way takes one cancellation for itself.
    while orphans := [task for task in asyncio.all_tasks() - before if _ours(task)]:
        for task in orphans:
            task.cancel()
        await asyncio.wait(orphans, timeout=0.05)
