"""What befalls opsbot while one of its processes stands still at a point."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from bot.sandbox.drills.ground import DrillError, Ground, until
from bot.sandbox.drills.points import Point

AWAY_SECONDS = 1.5
"""How long Valkey stays away: longer than its clients try again within one call."""

Strike = Callable[[Ground, Point], Coroutine[Any, Any, str]]
"""Waits for the point, strikes, and says who was killed. Raises DrillError."""


async def itself(ground: Ground, point: Point) -> str:
    """The process that stands there is killed with -9, and what it is a fork of with it."""
    there = await ground.standing(point.name)
    name = _expected(point, ground.name(there))
    ground.kill(there.started, there.pid)
    return name


async def valkey(ground: Ground, point: Point) -> str:
    """Valkey is killed; the process goes on without it, and it comes back later."""
    there = await ground.standing(point.name)
    _expected(point, ground.name(there))
    ground.valkey.kill()
    ground.go_on(there)
    if point.name == "W1":
        sent = ground.company.alerts.deliveries
        await until(lambda: any(d.status == 503 for d in sent), "no alert was answered with 503")
    await asyncio.sleep(AWAY_SECONDS)
    await ground.valkey.start()
    return "valkey"


async def others(ground: Ground, point: Point) -> str:
    """The rest of opsbot is killed with -9, and the process that stands there goes on."""
    there = await ground.standing(point.name)
    name = _expected(point, ground.name(there))
    rest = {other: pid for other, pid in ground.opsbot.pids.items() if other != name}
    ground.kill(*rest.values())
    ground.go_on(there)
    return "+".join(rest)


STRIKES: dict[str, Strike] = {"": itself, "valkey": valkey, "others": others}


def _expected(point: Point, name: str) -> str:
    if name != point.process:
        raise DrillError(f"{name!r} came to {point.name}, and not {point.process!r}")
    return name
