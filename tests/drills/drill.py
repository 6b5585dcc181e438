"""One incident on a whole stage of its own, with a fault in the middle."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bot import settings
from bot.domain.incident import Incident
from bot.sandbox.performance import perform
from bot.sandbox.plays import Play
from bot.sandbox.ports import free_http_addr
from bot.sandbox.slack import Person, Refused
from bot.sandbox.slack.workspace import MAYA
from bot.sandbox.stage import Stage
from bot.slack import ids

Fault = Callable[["Drill"], Awaitable[None]]
_PATIENCE_SECONDS = 110.0
_POLL_SECONDS = 0.05


async def nothing(_: Drill) -> None:
    """No fault at this moment."""


@dataclass
class Drill:
    """The stage, and when its faults strike. Afterwards: what the company and Slack saw."""

    stage: Stage
    record: dict[str, Any] = field(default_factory=dict)
    first_pids: dict[str, int] = field(default_factory=dict)
    watching: asyncio.Task[None] | None = None
    """What a fault has to do later; kept from being collected."""

    @property
    def pids(self) -> dict[str, int]:
        assert self.stage.supervisor is not None
        return self.stage.supervisor.pids

    @property
    def effects(self) -> Counter[str]:
        """`operation target` → how often it reached the company."""
        return Counter(f"{e['operation']} {e['target']}" for e in self.record["effects"])

    @property
    def tickets(self) -> Counter[str]:
        return Counter(ticket["summary"] for ticket in self.record["tickets"])

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.record["thread"]]

    def arm(self, process: str, point: str) -> None:
        """Start `process` anew, to be killed with -9 when it reaches `point` for the first time.

        Without an await in between, so that the supervisor can't start it in its own way first;
        after the crash it does just that.
        """
        supervisor = self.stage.supervisor
        assert supervisor is not None
        os.kill(supervisor.pids[process], signal.SIGKILL)
        supervisor.spawn(process, OPSBOT_CRASH_AT=point)
        self.first_pids[process] = supervisor.pids[process]

    async def crashed(self, process: str) -> None:
        """Wait until the armed process died and the supervisor brought another."""
        await until(lambda: self.pids[process] != self.first_pids[process])

    async def listening(self) -> None:
        """Wait until `opsbot serve` answers and has its socket to Slack."""
        slack = self.stage.slack
        assert slack is not None
        async with aiohttp.ClientSession() as session:

            async def healthy() -> bool:
                try:
                    async with session.get(f"http://{self.stage.http_addr}/health") as answer:
                        return answer.status == 200 and slack.socket_mode.connections > 0
                except aiohttp.ClientError:
                    return False

            await until(healthy)


async def until(holds: Callable[[], Any], seconds: float = _PATIENCE_SECONDS) -> None:
    """Wait for a condition, sync or async. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while True:
            answer = holds()
            if await answer if isinstance(answer, Awaitable) else answer:
                return
            await asyncio.sleep(_POLL_SECONDS)


async def run(
    data: Path,
    *,
    before: Fault = nothing,
    deciding: Fault = nothing,
    after: Fault = nothing,
    **told: str,
) -> Drill:
    """Play the failing ETL job to its end; Maya approves. Faults strike before the alert, before
    the click and after it. `told`: settings besides. Raises PlayError where it doesn't end in a
    report or a call."""
    given = settings.read({"PATH": os.environ["PATH"], **told}, env_file=data / "none")
    stage = Stage(given, data, company=True, http_addr=free_http_addr("127.0.0.1:0"))
    async with stage:
        await stage.start(quiet=True)
        drill = Drill(stage)
        await before(drill)
        play = Play("drill", lambda c: c.break_etl(), "person", _over, lambda _: None)
        async with asyncio.timeout(_PATIENCE_SECONDS), asyncio.TaskGroup() as tasks:
            deciding_task = tasks.create_task(_decide(drill, deciding, after))
            drill.record = await perform(stage, play, _ignore, _ignore)
            deciding_task.cancel()
    return drill


async def _decide(drill: Drill, deciding: Fault, after: Fault) -> None:
    slack = drill.stage.slack
    assert slack is not None
    async with Person(slack.page_url, MAYA.id) as maya:
        asked = await maya.wait_for(
            lambda m: any(b.action_id == ids.APPROVE for b in m.buttons), _PATIENCE_SECONDS
        )
        await deciding(drill)
        try:
            await maya.click(asked, ids.APPROVE, stale=True)
        except Refused as unheard:
            # Killed before its acknowledgement was out: Slack tells her to look at the thread.
            if unheard.code != "no_answer":
                raise
        await after(drill)


def _over(incident: Incident) -> bool:
    return incident.reported_at is not None or bool(incident.calls)


def _ignore(_: str) -> None:
    """Nobody watches a drill."""
