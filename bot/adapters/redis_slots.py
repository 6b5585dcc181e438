"""Where the projector notes what it posted, and the workspace's budget of messages."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis

from bot.adapters import keys
from bot.domain.ports import Posted


class RedisSlots:
    """A hash for each incident; one key for each thread; one short-lived key for each turn."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def all(self, incident: str) -> dict[str, Posted]:
        found: Any = await self._redis.hgetall(keys.slots(incident))
        return {
            slot: Posted.model_validate_json(body, extra="ignore") for slot, body in found.items()
        }

    async def save(self, incident: str, slot: str, posted: Posted) -> None:
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(keys.slots(incident), slot, posted.model_dump_json())
            if slot == "card" and posted.ts:
                pipe.set(keys.thread(posted.channel, posted.ts), incident)
            await pipe.execute()

    async def incident_at(self, channel: str, thread_ts: str) -> str | None:
        found: Any = await self._redis.get(keys.thread(channel, thread_ts))
        return found if found is None else str(found)

    async def turn(self, budget: str, seconds: float) -> float:
        key = keys.budget(budget)
        if await self._redis.set(key, "1", nx=True, px=int(seconds * 1000)):
            return 0.0
        left: Any = await self._redis.pttl(key)
        return max(int(left), 10) / 1000
