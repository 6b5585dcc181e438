"""The inbox: alerts that were acknowledged to their sender, in the order they came."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from redis.asyncio import Redis

from bot.adapters import keys
from bot.domain.values import Alert

_ON_DISK_MS = 2000
_REMEMBER_SECONDS = 86_400
"""How long a delivery is known again."""
_PUT = """
if ARGV[1] ~= '' then
  local seen = redis.call('EXISTS', KEYS[2])
  redis.call('SET', KEYS[2], '1', 'EX', ARGV[2])
  if seen == 1 then return 0 end
end
for i = 3, #ARGV do redis.call('XADD', KEYS[1], '*', 'alert', ARGV[i]) end
return 1
"""
"""A delivery that is known is written down once more all the same: so WAITAOF waits for it too."""


class NotDurableError(Exception):
    """The store didn't confirm the write; the sender has to send again."""


class RedisInbox:
    """`put` returns once the entries are on disk; `done` removes them."""

    def __init__(
        self, redis: Redis, *, sync_each_put: bool, clean: Callable[[Any], Any] | None = None
    ) -> None:
        """`clean` takes secrets out of plain JSON, before it is written anywhere."""
        self._clean = clean
        self._redis = redis
        self._sync = sync_each_put

    async def put(self, alerts: Sequence[Alert], once: str = "") -> None:
        told = [self._cleaned(alert).model_dump_json() for alert in alerts]
        if not told:
            return
        # One connection for both: WAITAOF speaks of what its own connection wrote.
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.eval(_PUT, 2, keys.INBOX, keys.delivery(once), once, _REMEMBER_SECONDS, *told)
            if self._sync:
                pipe.execute_command("WAITAOF", 1, 0, _ON_DISK_MS)
            answers: Any = await pipe.execute()
        if self._sync and answers[-1][0] < 1:
            raise NotDurableError("Redis didn't confirm the alert on disk within 2 s")

    def _cleaned(self, alert: Alert) -> Alert:
        if self._clean is None:
            return alert
        return Alert.model_validate(self._clean(alert.model_dump()))

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
