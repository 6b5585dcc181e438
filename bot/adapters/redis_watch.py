"""When alerts that always fire were last heard, and which silences were told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from redis.asyncio import Redis

from bot.adapters import keys
from bot.domain.ports import Heard


class RedisWatch:
    """One hash for what was heard, one for the silences told, one for our own looks."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def hear(self, name: str, heard: Heard) -> None:
        await self._redis.hset(keys.WATCHDOG_HEARD, name, heard.model_dump_json())

    async def heard(self) -> dict[str, Heard]:
        found: Any = await self._redis.hgetall(keys.WATCHDOG_HEARD)
        return {
            name: Heard.model_validate_json(body, extra="ignore") for name, body in found.items()
        }

    async def silences(self) -> dict[str, datetime]:
        found: Any = await self._redis.hgetall(keys.WATCHDOG_SILENT)
        return {name: datetime.fromisoformat(since) for name, since in found.items()}

    async def silence(self, name: str, since: datetime | None) -> None:
        if since is None:
            await self._redis.hdel(keys.WATCHDOG_SILENT, name)
        else:
            await self._redis.hset(keys.WATCHDOG_SILENT, name, since.isoformat())

    async def listening(self, now: datetime, gap: timedelta) -> datetime:
        found: Any = await self._redis.hmget(keys.WATCHDOG_LOOKS, ["last", "since"])
        last, since = found
        if not last or not since or now - datetime.fromisoformat(last) > gap:
            since = now.isoformat()
        await self._redis.hset(
            keys.WATCHDOG_LOOKS, mapping={"last": now.isoformat(), "since": since}
        )
        return datetime.fromisoformat(since)
