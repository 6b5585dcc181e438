"""Drills of one promise each: a stale worker, a lost queue, the stop switch, a silent end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import redis as blocking

from bot import wiring
from bot.adapters.redis_controls import RedisControls
from bot.adapters.rq_queue import RqQueue
from bot.domain import events as e
from bot.domain.controls import EVERYTHING, Stopped
from bot.domain.plan_state import StepStatus
from bot.domain.work import Work
from bot.sandbox.drills.drill import Drill, Script, Told
from bot.sandbox.drills.evidence import Evidence
from bot.sandbox.drills.ground import Ground, Standing, until
from bot.sandbox.drills.incident import approve, asked, over
from bot.sandbox.drills.listener import Listener
from bot.sandbox.drills.points import BY_NAME
from bot.sandbox.drills.verdict import allowed, once

_TIMES = 5


@asynccontextmanager
async def _fixing(ground: Ground, point: str) -> AsyncIterator[Standing]:
    """The fix is approved, and a process stands at `point` of its first step."""
    await ground.company.break_etl()
    await asked(ground)
    ground.arm(point)
    async with asyncio.TaskGroup() as tasks:
        approving = tasks.create_task(approve(ground))
        yield await ground.standing(point)
        approving.cancel()


async def _first_step(ground: Ground) -> StepStatus:
    fix = (await ground.incidents())[0].fix
    assert fix is not None
    return fix.steps[0].status


async def fenced(ground: Ground, told: Told) -> None:
    """A worker is stopped past its lease; another takes the step; then the first goes on."""
    ground.opsbot.add("act-2", "worker", "act")
    async with _fixing(ground, "E2") as there:
        told.killed = f"{ground.name(there)} stopped, continued"

        async def taken() -> bool:
            return await _first_step(ground) is not StepStatus.PENDING

        await until(taken, "no other worker took the step")
        ground.go_on(there)
        await over(ground)


async def forgotten(ground: Ground, told: Told) -> None:
    """The queue forgets everything with the effect sent, and the step is enqueued again."""
    ground.opsbot.add("act-2", "worker", "act")
    async with _fixing(ground, "E3") as there:
        told.killed = "the queue"
        [work] = [work for work in await _started(ground) if work.kind == "execute"]
        await ground.redis.delete(*[key async for key in ground.redis.scan_iter("rq:*")])
        queue = RqQueue(blocking.Redis.from_url(ground.valkey.url))
        await queue.enqueue([work] * _TIMES)
        queue.close()

        async def read_back() -> bool:
            return await _first_step(ground) is not StepStatus.STARTED

        await until(read_back, "no other worker read the step back")
        ground.go_on(there)
        await over(ground)


async def _started(ground: Ground) -> list[Work]:
    """The work of a step that is under way now, as it was when it was due."""
    incident = (await ground.incidents())[0]
    assert incident.fix is not None
    ref = f"{incident.fix.plan.id}:0"
    return [Work(incident=incident.id, kind="execute", ref=ref, due=incident.fix.touched_at)]


async def doubtful(ground: Ground, told: Told) -> None:
    """The worker dies with the effect sent, and the target can't be asked what became of it."""
    async with _fixing(ground, "E3") as there:
        await ground.company.fail("airflow", "unavailable")
        told.killed = f"{ground.name(there)}, the target"
        ground.kill(there.started, there.pid)
        await over(ground)
    told.rules.append(_is_unknown)


def _is_unknown(seen: Evidence) -> str | None:
    found = [event for events in seen.decisions.values() for event in events]
    unknown = [x for x in found if isinstance(x, e.ActionFinished) and x.outcome == "unknown"]
    return None if unknown else "the outcome is said to be known"


async def twice(ground: Ground, told: Told) -> None:
    """The worker of the first step dies with its result saved, the next with its effect sent."""
    async with _fixing(ground, "E4") as there:
        ground.kill(there.started, there.pid)
        ground.arm("E3")
        there = await ground.standing("E3")
        ground.kill(there.started, there.pid)
        told.killed = "act, act"
        await over(ground)


async def stopped(ground: Ground, told: Told) -> None:
    """The stop switch is thrown after the first of two steps."""
    async with _fixing(ground, "E4") as there:
        stop = Stopped(
            at=wiring.now(),
            actor="drill",
            scope=EVERYTHING,
            name="a drill",
            reason="to see it stop",
        )
        await RedisControls(ground.redis, sync_each_write=False).stop(stop)
        told.killed = "nobody: stop switch"
        ground.go_on(there)
        await over(ground)
    told.rules.append(_one_start)


def _one_start(seen: Evidence) -> str | None:
    starts = [
        event
        for events in seen.decisions.values()
        for event in events
        if isinstance(event, e.ActionStarted) and not event.plan_id.startswith("books-")
    ]
    return None if len(starts) == 1 else f"{len(starts)} steps were started"


def never_again(point: str) -> Script:
    """Everything of opsbot is killed there, and nothing of it comes back."""

    async def script(ground: Ground, told: Told) -> None:
        alerts = ground.company.alerts
        async with Listener() as sender:
            alerts.external_url = sender.url
            if BY_NAME[point].armed == "alert":
                ground.arm(point)
                await ground.company.break_etl()
                await ground.standing(point)
                ground.opsbot.kill()
            else:
                async with _fixing(ground, point):
                    ground.opsbot.kill()
            told.killed = "serve+wait+act, for good"
            heard = len(alerts.deliveries)
            ground.company.repeat_alerts()
            await until(
                lambda: any(sent.status is None for sent in alerts.deliveries[heard:]),
                "the sender did not notice",
            )
            if not any(alert.ends_at is None for alert in alerts.alerts.values()):
                told.wrong.append("the alert no longer fires at its sender")
            if sender.connections:
                told.wrong.append(f"the sender was told something, {sender.connections} times")

    return script


PARTICULAR = (
    Drill("E2:fenced", "a worker stopped past its lease goes on", (16, 7), fenced),
    Drill("E3:forgotten", "the queue forgets, the step is enqueued again", (7,), forgotten),
    Drill("E3:unknown", "nobody can say whether the effect landed", (8,), doubtful),
    Drill("E4:twice", "the first step's worker dies, then the second's", (7, 8), twice),
    Drill("E4:stop", "the stop switch is thrown in the middle of a plan", (23,), stopped),
    *(
        Drill(
            f"{point}:gone",
            f"{BY_NAME[point].told}: opsbot is killed and never started again",
            (24,),
            never_again(point),
            rules=(once, allowed),
            again=False,
        )
        for point in ("W2", "S2", "E3")
    ),
)
