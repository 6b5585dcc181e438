"""Who looked at their Home tab, so that any replica keeps it fresh."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from redis.asyncio import Redis

from bot.adapters import keys

_REMEMBER = timedelta(days=1)


class RedisHomes:
    """A sorted set of people and a hash beside it; who looked before yesterday is forgotten."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def opened(self, user: str, now: datetime) -> None:
        await self._redis.zadd(keys.HOMES, {user: now.timestamp()})
        until = (now - _REMEMBER).timestamp()
        gone: Any = await self._redis.zrangebyscore(keys.HOMES, "-inf", until)
        if gone:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.zremrangebyscore(keys.HOMES, "-inf", until)
                pipe.hdel(keys.HOMES_SHOWN, *gone)
                await pipe.execute()

    async def lately(self, since: datetime) -> list[str]:
        found: Any = await self._redis.zrangebyscore(keys.HOMES, since.timestamp(), "+inf")
        return list(found)

    async def shown(self, user: str) -> str | None:
        found: Any = await self._redis.hget(keys.HOMES_SHOWN, user)
        return found if found is None else str(found)

    async def show(self, user: str, digest: str) -> None:
        await self._redis.hset(keys.HOMES_SHOWN, user, digest)
