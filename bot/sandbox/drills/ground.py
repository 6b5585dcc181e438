"""Where one drill takes place: a stage at drill pace, and a hand on each of its processes."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot import settings
from bot.adapters import keys, store
from bot.adapters.redis_ledger import RedisLedger
from bot.domain.incident import Incident
from bot.incidents.cancellation import end_if_cancelled
from bot.sandbox.company import Company
from bot.sandbox.ports import free_http_addr
from bot.sandbox.slack.server import LocalSlack
from bot.sandbox.stage import Stage
from bot.sandbox.valkey import EmbeddedValkey
from bot.supervisor import Supervisor

PATIENCE = 300.0
"""Seconds after which what a drill waits for is taken never to come; no machine is that busy."""
_LOOK = 0.02


class DrillError(Exception):
    """The drill could not be played: what it waited for never came. Says what."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A process that stands still at a point."""

    pid: int
    started: int
    """The process it is, or is a fork of."""


class Ground:
    """Valkey, Slack, a company and opsbot; which of them dies, and when, is the drill's to say."""

    def __init__(self, data: Path, *, pace: str = "drill", **told: str) -> None:
        """`told`: settings besides."""
        self._points = data / "points"
        self._data = data
        environment = {
            "OPSBOT_PACE": pace,
            "OPSBOT_CRASH_FOLDER": str(self._points),
            **told,
        }
        given = settings.read(environment, env_file=data / "none")
        self.stage = Stage(given, data, company=True, http_addr=free_http_addr("127.0.0.1:0"))
        self._stack = AsyncExitStack()
        self._redis: Redis | None = None

    async def __aenter__(self) -> Self:
        self._points.mkdir()
        try:
            await self._stack.enter_async_context(self.stage)
            await self.stage.start(log=self._data / "opsbot.log")
            self._redis = await store.connect(self.stage.environment["REDIS_URL"])
            self._stack.push_async_callback(self._redis.aclose)
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    @property
    def redis(self) -> Redis:
        assert self._redis is not None
        return self._redis

    @property
    def ledger(self) -> RedisLedger:
        return RedisLedger(self.redis, sync_each_commit=False)

    @property
    def company(self) -> Company:
        assert self.stage.company is not None
        return self.stage.company

    @property
    def slack(self) -> LocalSlack:
        assert self.stage.slack is not None
        return self.stage.slack

    @property
    def valkey(self) -> EmbeddedValkey:
        assert self.stage.valkey is not None
        return self.stage.valkey

    @property
    def opsbot(self) -> Supervisor:
        assert self.stage.supervisor is not None
        return self.stage.supervisor

    async def second_serving(self) -> str:
        """Another `opsbot serve` beside the first, on an address of its own; its name, once it
        is connected to Slack."""
        address = free_http_addr("127.0.0.1:0")
        connected = self.slack.socket_mode.connections
        self.opsbot.add("serve-2", "serve", OPSBOT_HTTP_ADDR=address)
        await until(
            lambda: self.slack.socket_mode.connections > connected, "the second did not start"
        )
        return "serve-2"

    def arm(self, point: str) -> None:
        """The next process to reach `point` stands still there."""
        (self._points / point).touch()

    async def standing(self, point: str) -> Standing:
        """Wait for a process to stand at `point`. Raises DrillError."""
        found: list[Path] = []

        def look() -> bool:
            found[:] = self._points.glob(f"{point}.*")
            return bool(found)

        await until(look, f"nobody came to {point}")
        _, pid, started = found[0].name.split(".")
        found[0].unlink()
        return Standing(int(pid), int(started))

    def name(self, standing: Standing) -> str:
        """Which of opsbot's processes that is."""
        names = [name for name, pid in self.opsbot.pids.items() if pid == standing.started]
        return names[0] if names else "one of before"

    def kill(self, *pids: int) -> None:
        """With -9; a process that is gone already is no matter."""
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    @contextmanager
    def asleep(self, *names: str) -> Iterator[None]:
        """These of opsbot's processes stand still meanwhile."""
        pids = [self.opsbot.pids[name] for name in names]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def go_on(self, standing: Standing) -> None:
        """Let it go on from where it stands."""
        with suppress(ProcessLookupError):
            os.kill(standing.pid, signal.SIGCONT)

    async def start_all_again(self) -> None:
        """Kill everything with -9, Valkey too, and wait until all of it is back."""
        before = dict(self.opsbot.pids)
        self.kill(*before.values())
        self.valkey.kill()
        await self.valkey.start()

        async def back() -> bool:
            now = self.opsbot.pids
            return all(now[name] != pid for name, pid in before.items()) and await self._healthy()

        await until(back, "opsbot did not come back")

    async def incidents(self) -> list[Incident]:
        """All of them, the first first."""
        names = await self.ledger.recent_incidents(1000)
        return [await self.ledger.load(name) for name in reversed(names)]

    async def quiet(self) -> bool:
        """Whether nothing waits: no alert, no work that is due now or later, no message.

        That somebody else is called where nobody reacts is left to its minutes.
        """
        due: Any = await self.redis.zrange(keys.DUE, 0, -1)
        left = [
            await self.redis.xlen(keys.INBOX),
            len([work for work in due if "|call_again|" not in work]),
            await self.redis.zcard(keys.FEED),
        ]
        return not any(left)

    async def _healthy(self) -> bool:
        with suppress(aiohttp.ClientError):
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"http://{self.stage.http_addr}/health") as answer,
            ):
                return answer.status == 200
        return False


async def until(holds: Callable[[], Any], otherwise: str, seconds: float = PATIENCE) -> None:
    """Wait for a condition, sync or async; a store that is away is looked at again later. Raises
    DrillError, saying `otherwise`."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while loop.time() < end:
        with suppress(RedisError, OSError):
            answer = holds()
            if await answer if isinstance(answer, Awaitable) else answer:
                return
        end_if_cancelled()
        await asyncio.sleep(_LOOK)
    raise DrillError(f"{otherwise} within {seconds:.0f} s")
