"""Who follows what and what they were told, in Redis."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis

from bot.adapters import keys
from bot.domain.following import Subscription

_TOLD_SECONDS = 30 * 24 * 3600
"""An incident that was reopened later than this is told from its beginning once more."""


class RedisFollows:
    """One hash for what is followed, one for quiet hours; a set for each place and incident."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def add(self, subscription: Subscription) -> None:
        await self._redis.hset(keys.FOLLOWS, _field(subscription), subscription.model_dump_json())

    async def remove(self, user: str, target: str | None) -> tuple[Subscription, ...]:
        gone = tuple(
            subscription
            for subscription in await self.all()
            if subscription.user == user and target in (None, subscription.target)
        )
        if gone:
            await self._redis.hdel(keys.FOLLOWS, *map(_field, gone))
        return gone

    async def all(self) -> tuple[Subscription, ...]:
        found: Any = await self._redis.hgetall(keys.FOLLOWS)
        return tuple(
            Subscription.model_validate_json(body, extra="ignore")
            for _, body in sorted(found.items())
        )

    async def told(self, place: str, incident: str) -> frozenset[str]:
        found: Any = await self._redis.smembers(keys.told(place, incident))
        return frozenset(found)

    async def tell(self, place: str, incident: str, keys_of: Sequence[str]) -> None:
        name = keys.told(place, incident)
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.sadd(name, *keys_of)
            pipe.expire(name, _TOLD_SECONDS)
            await pipe.execute()

    async def quiet(self, user: str) -> str | None:
        found: Any = await self._redis.hget(keys.QUIET, user)
        return found if found is None else str(found)

    async def set_quiet(self, user: str, hours: str | None) -> None:
        if hours is None:
            await self._redis.hdel(keys.QUIET, user)
        else:
            await self._redis.hset(keys.QUIET, user, hours)


def _field(subscription: Subscription) -> str:
    return json.dumps([subscription.user, subscription.target, subscription.place])
