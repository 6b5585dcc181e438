"""Slack answers 429, and whoever heard it is killed: the other replica waits all the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from bot.adapters import keys
from bot.sandbox.drills.drill import Drill, Told
from bot.sandbox.drills.evidence import Evidence
from bot.sandbox.drills.ground import Ground, until
from bot.sandbox.drills.incident import approve, asked, over
from bot.sandbox.drills.verdict import ALWAYS, patience
from bot.sandbox.slack.traffic import ApiCall

_SECONDS = 8
"""Of Retry-After: longer than a dead replica's lease, so that the other could post before."""
_METHODS = ("chat.postMessage", "chat.update")


async def pushed_back(ground: Ground, told: Told) -> None:
    """Once as the first message is posted, and once as messages are edited."""
    other = await ground.second_serving()
    async with _refused(ground, other, "chat.postMessage"):
        await ground.company.break_etl()
    await asked(ground)
    async with asyncio.TaskGroup() as tasks:
        async with _refused(ground, other, "chat.update"):
            approving = tasks.create_task(approve(ground))
        await over(ground)
        approving.cancel()
    told.killed = "serve, serve"
    told.rules.append(_was_refused)


@asynccontextmanager
async def _refused(ground: Ground, other: str, method: str) -> AsyncIterator[None]:
    """While `other` stands still a call of the first is answered with 429, and the first dies once
    that is noted; `other` goes on, and knows of it only that note.

    Killed between the answer and its note, nobody would know: the next call hears it again.
    """
    with ground.asleep(other):
        ground.slack.throttle(method, seconds=_SECONDS)
        yield
        noted = keys.budget_paused(method)
        await until(lambda: ground.redis.exists(noted), f"no 429 of {method} was noted")
        ground.kill(ground.opsbot.pids["serve"])


def _refusals(calls: Sequence[ApiCall], method: str) -> int:
    return sum(call.method == method and call.retry_after > 0 for call in calls)


def _was_refused(seen: Evidence) -> str | None:
    for method in _METHODS:
        times = _refusals(seen.calls, method)
        if times != 1:
            return f"{method} was refused {times} times"
    return None


PUSHBACK = Drill(
    "slack:429",
    "two replicas, and Slack has them wait: the one that heard it is killed",
    (4,),
    pushed_back,
    rules=(*ALWAYS, patience),
)
