"""The faults that are drilled: who is killed, where, and when in the incident."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.drills.drill import Drill, Fault, run, until


def _armed(process: str, point: str) -> Fault:
    async def arm(drill: Drill) -> None:
        drill.arm(process, point)
        if process == "serve":
            await drill.listening()

    return arm


def _crashed(process: str) -> Fault:
    async def crashed(drill: Drill) -> None:
        await drill.crashed(process)

    return crashed


def killed_before_the_alert(process: str, point: str) -> Callable[[Path], Awaitable[Drill]]:
    """The process dies when the alert makes it reach `point`."""

    async def drill(data: Path) -> Drill:
        return await run(data, before=_armed(process, point), deciding=_crashed(process))

    return drill


def killed_after_the_click(process: str, point: str) -> Callable[[Path], Awaitable[Drill]]:
    """The process dies when the approval makes it reach `point`, at the plan's first step."""

    async def drill(data: Path) -> Drill:
        return await run(data, deciding=_armed(process, point), after=_crashed(process))

    return drill


async def killed_twice(data: Path) -> Drill:
    """The first step's worker dies with its result saved, the second's with its effect sent."""

    async def again(drill: Drill) -> None:
        await drill.crashed("act")
        drill.arm("act", "E3")
        await drill.crashed("act")

    return await run(data, deciding=_armed("act", "E4"), after=again)


async def valkey_killed(data: Path) -> Drill:
    """The store dies once the first effect has reached the company, and comes back."""

    async def kill(drill: Drill) -> None:
        company, valkey = drill.stage.company, drill.stage.valkey
        assert company is not None
        assert valkey is not None
        await until(lambda: bool(company.effects))
        valkey.kill()
        await valkey.start()

    return await run(data, after=kill)


DRILLS: dict[str, Callable[[Path], Awaitable[Drill]]] = {
    "E3": killed_after_the_click("act", "E3"),
    "E4-then-E3": killed_twice,
    "E1": killed_after_the_click("act", "E1"),
    "E2": killed_after_the_click("act", "E2"),
    "S2": killed_before_the_alert("serve", "S2"),
    "W2": killed_before_the_alert("serve", "W2"),
    "A2": killed_after_the_click("serve", "A2"),
    "M1": killed_after_the_click("wait", "M1"),
    "valkey": valkey_killed,
}
