"""Which incident each conversation is about, kept for a week."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis

from bot.adapters import keys

_KEEP_SECONDS = 7 * 86_400


class RedisTalks:
    """One short-lived key for each thread."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def about(self, channel: str, thread_ts: str) -> str | None:
        found: Any = await self._redis.get(keys.talk(channel, thread_ts))
        return found if found is None else str(found)

    async def note(self, channel: str, thread_ts: str, incident: str) -> None:
        await self._redis.set(keys.talk(channel, thread_ts), incident, ex=_KEEP_SECONDS)

    async def first(self, channel: str, thread_ts: str, what: str) -> bool:
        key = keys.said_there(channel, thread_ts, what)
        return bool(await self._redis.set(key, "1", nx=True, ex=_KEEP_SECONDS))
