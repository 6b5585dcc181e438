"""Whoever follows a question is killed while its answer grows: the answer stands exactly once."""

from __future__ import annotations

import asyncio

from redis.asyncio import Redis

from bot.adapters import keys
from bot.adapters.redis_slots import RedisSlots
from bot.sandbox.drills.drill import Drill, Script, Told
from bot.sandbox.drills.evidence import Evidence
from bot.sandbox.drills.ground import Ground, until
from bot.sandbox.drills.incident import approve, asked, over
from bot.sandbox.drills.verdict import Rule
from bot.sandbox.model.scripts import THOUGHT
from bot.sandbox.slack import Person
from bot.sandbox.slack.workspace import MAYA, OPSBOT

_QUESTION = "@opsbot why?"


def cut_off(point: str) -> Script:
    """Maya asks in the thread; who answers her dies at `point`, and then she approves."""

    async def script(ground: Ground, told: Told) -> None:
        await ground.company.break_etl()
        await asked(ground)
        ground.arm(point)
        card = (await RedisSlots(ground.redis).all("INC-1"))["card"]
        async with Person(ground.slack.page_url, MAYA.id) as maya:
            await maya.say(card.channel, _QUESTION, thread_ts=card.ts)
        there = await ground.standing(point)
        told.killed = ground.name(there)
        ground.kill(there.started, there.pid)
        await until(lambda: _answered(ground.redis), "the question was not answered")
        async with asyncio.TaskGroup() as tasks:
            approving = tasks.create_task(approve(ground))
            await over(ground)
            approving.cancel()
        told.rules.append(_once(1 if point == "T1" else 0))

    return script


async def _answered(redis: Redis) -> bool:
    return not await redis.zcard(keys.QUESTIONS)


def _once(begun: int) -> Rule:
    """`begun`: how many streams may be left that nobody knew of when their process died."""

    def rule(seen: Evidence) -> str | None:
        times = sum(THOUGHT in str((m.text, m.blocks)) for m in seen.said)
        if times != 1:
            return f"the answer stands there {times} times"
        left = [m for m in seen.said if m.user == OPSBOT.id and m not in seen.messages]
        return None if len(left) <= begun else f"{len(left)} messages were begun and left"

    return rule


QUESTIONS = tuple(
    Drill(
        point,
        f"an answer is given, {when}: who gives it is killed",
        (4,),
        cut_off(point),
        model=True,
    )
    for point, when in (
        ("T1", "its stream begun and not noted"),
        ("T2", "its stream growing"),
        ("T3", "its last words said and not noted"),
    )
)
