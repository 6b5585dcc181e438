"""The courier is killed between a notice and its note: another one tells nobody twice."""

from __future__ import annotations

import asyncio

from bot.adapters.redis_follows import RedisFollows
from bot.sandbox.drills.drill import Drill, Told
from bot.sandbox.drills.evidence import Evidence, place
from bot.sandbox.drills.ground import Ground, until
from bot.sandbox.drills.incident import approve, over
from bot.sandbox.slack import Person
from bot.sandbox.slack.workspace import DEV

_MILESTONES = ("opened, ", "a fix was approved", "resolved: ")


async def told_once(ground: Ground, told: Told) -> None:
    """Of two couriers one dies with the lease in its hand; Dev, who follows, hears it all once."""
    await ground.second_serving()
    ground.arm("N1")
    async with Person(ground.slack.page_url, DEV.id) as dev:
        await dev.slash("/opsbot", "follow etl", channel="#incidents")
    await ground.company.break_etl()
    async with asyncio.TaskGroup() as tasks:
        approving = tasks.create_task(approve(ground))
        there = await ground.standing("N1")
        told.killed = ground.name(there)
        ground.kill(there.started, there.pid)
        await over(ground)
        approving.cancel()

    async def heard() -> bool:
        keys = await RedisFollows(ground.redis).told(DEV.id, "INC-1")
        return any(key.startswith("incident.resolved") for key in keys)

    await until(heard, "the follower was not told that it is resolved")
    told.rules.append(_each_once)


def _each_once(seen: Evidence) -> str | None:
    notices = [str(m.blocks) for m in seen.messages if place(m)[1].startswith("notice:")]
    for words in _MILESTONES:
        times = sum(notice.count(words) for notice in notices)
        if times != 1:
            return f"the follower was told {words!r} {times} times"
    return None


FOLLOWER = Drill(
    "N1", "a follower is told, and it is not noted: who tells is killed", (4,), told_once
)
