"""What a sender was seen to hold at the last look, and since when it holds it no more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from redis.asyncio import Redis

from bot.adapters import keys


class RedisStanding:
    """A hash for each sender, written anew at each look, and one for the looks."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def looked(self, source: str) -> datetime | None:
        found: Any = await self._redis.hget(keys.STANDING_LOOKS, source)
        return datetime.fromisoformat(found) if found else None

    async def standing(self, source: str) -> dict[str, datetime | None]:
        found: Any = await self._redis.hgetall(keys.standing(source))
        return {name: datetime.fromisoformat(at) if at else None for name, at in found.items()}

    async def save(
        self, source: str, standing: Mapping[str, datetime | None], now: datetime
    ) -> None:
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(keys.standing(source))
            if standing:
                since: Any = {name: at.isoformat() if at else "" for name, at in standing.items()}
                pipe.hset(keys.standing(source), mapping=since)
            pipe.hset(keys.STANDING_LOOKS, source, now.isoformat())
            await pipe.execute()
