"""How soon a killed worker's job is taken up, at the pace that opsbot has in earnest."""

from __future__ import annotations

import asyncio
import time

from bot.domain.plan_state import StepStatus
from bot.sandbox.drills.drill import Drill, Script, Told
from bot.sandbox.drills.ground import Ground, until
from bot.sandbox.drills.incident import approve, asked, over
from bot.sandbox.drills.points import BY_NAME, Point

LIMIT_SECONDS = 30.0
"""A killed worker's job is taken up, or handed to a person, within this."""


def taken_up(point: Point) -> Script:
    """The worker that stands there is killed; measured is when the next is as far."""

    async def script(ground: Ground, told: Told) -> None:
        await ground.company.break_etl()
        await asked(ground)
        ground.arm(point.name)
        async with asyncio.TaskGroup() as tasks:
            approving = tasks.create_task(approve(ground))
            there = await ground.standing(point.name)
            told.killed = ground.name(there)
            ground.kill(there.started, there.pid)
            killed = time.monotonic()
            await (_read_back(ground) if point.name == "E3" else _again(ground, point))
            seconds = time.monotonic() - killed
            await over(ground)
            approving.cancel()
        told.note = f"taken up after {seconds:.1f} s (limit {LIMIT_SECONDS:.0f} s)"
        if seconds > LIMIT_SECONDS:
            told.wrong.append(told.note)

    return script


async def _again(ground: Ground, point: Point) -> None:
    ground.arm(point.name)
    ground.go_on(await ground.standing(point.name))


async def _read_back(ground: Ground) -> None:
    """A step that was sent is not sent again: taken up is its reading back."""

    async def known() -> bool:
        fix = (await ground.incidents())[0].fix
        return fix is not None and fix.steps[0].status is not StepStatus.STARTED

    await until(known, "the step was not read back")


TAKEOVERS = tuple(
    Drill(
        f"{name}:30s",
        f"{BY_NAME[name].told}, at normal pace: its worker is killed",
        (7,),
        taken_up(BY_NAME[name]),
        pace="normal",
        again=False,
    )
    for name in ("E1", "E3", "M1")
)
