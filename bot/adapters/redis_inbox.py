"""The inbox: alerts that were acknowledged to their sender, in the order they came."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from redis.asyncio import Redis

from bot.adapters import keys
from bot.domain.values import Alert

_ON_DISK_MS = 2000


class NotDurableError(Exception):
    """The store didn't confirm the write; the sender has to send again."""


class RedisInbox:
    """`put` returns once the entries are on disk; `done` removes them."""

    def __init__(self, redis: Redis, *, sync_each_put: bool) -> None:
        self._redis = redis
        self._sync = sync_each_put

    async def put(self, alerts: Sequence[Alert]) -> None:
        # One connection for both: WAITAOF speaks of what its own connection wrote.
        async with self._redis.pipeline(transaction=False) as pipe:
            for alert in alerts:
                pipe.xadd(keys.INBOX, {"alert": alert.model_dump_json()})
            if self._sync:
                pipe.execute_command("WAITAOF", 1, 0, _ON_DISK_MS)
            answers: Any = await pipe.execute()
        if self._sync and answers[-1][0] < 1:
            raise NotDurableError("Redis didn't confirm the alert on disk within 2 s")

    async def take(self, count: int, wait_seconds: float) -> list[tuple[str, Alert]]:
        found: Any = await self._redis.xread(
            {keys.INBOX: "0"}, count=count, block=int(wait_seconds * 1000)
        )
        entries = found[0][1] if found else []
        return [
            (entry, Alert.model_validate_json(fields["alert"], extra="ignore"))
            for entry, fields in entries
        ]

    async def oldest(self) -> datetime | None:
        """When what waits longest was put, by the store's clock."""
        found: Any = await self._redis.xrange(keys.INBOX, count=1)
        if not found:
            return None
        return datetime.fromtimestamp(int(found[0][0].partition("-")[0]) / 1000, UTC)

    async def done(self, entry_id: str) -> None:
        await self._redis.xdel(keys.INBOX, entry_id)
