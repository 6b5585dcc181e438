"""The ledger as a command finds it: the configured Redis, or the one of a running opsbot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis

from bot.adapters import store
from bot.adapters.redis_ledger import RedisLedger
from bot.sandbox.running import find_running
from bot.settings import Settings, SettingsError


@asynccontextmanager
async def open_ledger(settings: Settings) -> AsyncIterator[RedisLedger]:
    """To be read. Raises as `open_store` does."""
    async with open_store(settings) as redis:
        yield RedisLedger(redis, sync_each_commit=False)


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Redis]:
    """Raises SettingsError where there is none, StoreError where it doesn't answer."""
    if settings.redis_url:
        url = settings.redis_url.get_secret_value()
    else:
        running = find_running(settings.data)
        if running is None:
            raise SettingsError(
                f"no opsbot runs in {str(settings.data)!r} and REDIS_URL is not set;"
                " start one with `opsbot up`"
            )
        url = running.redis_url
    redis = await store.connect(url)
    try:
        yield redis
    finally:
        await redis.aclose()
