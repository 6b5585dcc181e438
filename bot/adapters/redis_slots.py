"""Where the projector notes what it posted, and the workspace's budgets of calls."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis

from bot.adapters import keys
from bot.domain.ports import Posted

_LACKS_SECONDS = 86_400
"""After which a Slack is asked again whether it has learnt it."""
_TURN = """
local period, burst, urgent = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == '1'
local paused = redis.call('PTTL', KEYS[3])
if paused > 0 then return paused end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
-- When every turn that was ever taken will be made up for.
local spent = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local wait = spent - now - (urgent and burst - 1 or math.floor((burst - 1) / 2)) * period
if not urgent and wait <= 0 and redis.call('EXISTS', KEYS[2]) == 1 then wait = period end
if wait > 0 then
  if urgent then redis.call('SET', KEYS[2], '1', 'PX', string.format('%.0f', wait + 1000)) end
  return wait
end
local after = spent + period
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', string.format('%.0f', after - now))
if urgent then redis.call('DEL', KEYS[2]) end
return 0
"""


class RedisSlots:
    """A hash for each incident; one key for each thread; a few short-lived ones for a budget."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._turn = redis.register_script(_TURN)

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

    async def forget(self, incident: str, slot: str) -> None:
        await self._redis.hdel(keys.slots(incident), slot)

    async def incident_at(self, channel: str, thread_ts: str) -> str | None:
        found: Any = await self._redis.get(keys.thread(channel, thread_ts))
        return found if found is None else str(found)

    async def turn(
        self, budget: str, seconds: float, *, burst: int = 1, urgent: bool = False
    ) -> float:
        method = budget.partition(":")[0]
        wait: Any = await self._turn(
            keys=[keys.budget(budget), keys.budget_waiting(budget), keys.budget_paused(method)],
            args=[max(1, int(seconds * 1000)), burst, int(urgent)],
        )
        return int(wait) / 1000

    async def pause(self, method: str, seconds: float) -> None:
        await self._redis.set(keys.budget_paused(method), "1", px=max(1, int(seconds * 1000)))

    async def lacks(self, feature: str) -> bool:
        return bool(await self._redis.exists(keys.slack_lacks(feature)))

    async def lacking(self, feature: str) -> None:
        await self._redis.set(keys.slack_lacks(feature), "1", ex=_LACKS_SECONDS)
