"""opsbot's serving process as the product runs it, over incidents that are told to its ledger."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from redis.asyncio import Redis

from bot.adapters.redis_ledger import RedisLedger
from bot.domain import events as e
from bot.domain.plan_state import PlanState
from bot.serving import serve
from bot.settings import read
from tests.fakes import story
from tests.fakes.poll import until
from tests.slack.scenes import WORK, diagnosed, opened, proposed


class Product:
    """One opsbot that serves; everything it is made of is made by `serve`."""

    def __init__(self, redis: Redis) -> None:
        self.ledger = RedisLedger(redis, sync_each_commit=False)

    async def asks(self, approver: str) -> None:
        """INC-1, the ETL incident, waits for this person's approval."""
        await self.happens(opened())
        await self.ledger.note("INC-1", *WORK)
        await self.happens(diagnosed(), proposed(approvers=(approver,)))

    async def happens(self, *events: e.IncidentEvent | Iterable[e.IncidentEvent]) -> None:
        for part in events:
            for event in [part] if isinstance(part, e.Event) else list(part):
                await self.ledger.commit(await self.ledger.load("INC-1"), [event])

    async def fix(self) -> PlanState:
        fix = (await self.ledger.load("INC-1")).fix
        assert fix is not None
        return fix


@asynccontextmanager
async def product(
    redis: Redis, redis_url: str, data: Path, port: int, slack: Mapping[str, str]
) -> AsyncIterator[Product]:
    """It, for as long as the block runs, told of `slack` by the variables a user sets."""
    environ = {
        "REDIS_URL": redis_url,
        "OPSBOT_DATA": str(data / "opsbot"),
        "OPSBOT_HTTP_ADDR": f"127.0.0.1:{port}",
        **slack,
    }
    with pytest.MonkeyPatch.context() as patch:
        # What is told happens now: an approval of last week has expired.
        patch.setattr(story, "START", datetime.now(UTC))
        serving = asyncio.create_task(serve(read(environ, data / "no.env")))
        try:
            await until(lambda: _healthy(serving, port), 60)
            yield Product(redis)
        finally:
            serving.cancel()
            with suppress(asyncio.CancelledError):
                await serving


async def _healthy(serving: asyncio.Task[None], port: int) -> bool:
    if serving.done():
        serving.result()
    try:
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"http://127.0.0.1:{port}/health") as answer,
        ):
            return answer.status == 200
    except aiohttp.ClientError:
        return False
