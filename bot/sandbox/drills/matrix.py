"""The matrix: at each crash point the process that gets there is killed, or Valkey, or the rest.

So web, worker and Valkey are each killed at each point: of `serve`, `wait` and `act` one stands at
the point, and the other two are "the rest".
"""

from __future__ import annotations

import asyncio

from bot.sandbox.drills.drill import Drill, Script, Told
from bot.sandbox.drills.ground import Ground
from bot.sandbox.drills.incident import approve, asked, over
from bot.sandbox.drills.points import POINTS, Point
from bot.sandbox.drills.strikes import STRIKES, Strike

_ROWS = {
    "W": (1, 2, 9),
    "S": (4, 9),
    "P": (2, 9),
    "A": (7, 9),
    "Q": (7, 9),
    "E": (7, 9),
    "M": (2, 9),
    "R": (9, 20),
    "F": (4, 9),
}
_FAULTS = {"": "the process itself", "valkey": "Valkey", "others": "the rest of opsbot"}


def struck(point: Point, strike: Strike) -> Script:
    """The incident from alert to end, with the strike at that point of it."""

    async def script(ground: Ground, told: Told) -> None:
        if point.armed == "alert":
            ground.arm(point.name)
        async with asyncio.TaskGroup() as tasks:
            striking = tasks.create_task(strike(ground, point))
            await ground.company.break_etl(fix_fails=point.scene == "fix-fails")
            if point.armed == "approval":
                await asked(ground)
                ground.arm(point.name)
            approving = tasks.create_task(approve(ground))
            told.killed = await striking
            await over(ground)
            approving.cancel()

    return script


def _drill(point: Point, fault: str) -> Drill:
    rows = _ROWS[point.name[0]]
    return Drill(
        name=f"{point.name}:{fault}" if fault else point.name,
        told=f"{point.told}: {_FAULTS[fault]} is killed",
        rows=(8, *rows) if point.name == "E3" else rows,
        script=struck(point, STRIKES[fault]),
        model=point.scene == "model",
    )


MATRIX = tuple(_drill(point, fault) for point in POINTS for fault in STRIKES)
