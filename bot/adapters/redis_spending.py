"""What models cost, counted in Redis so that all processes share one budget."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis

from bot.adapters import keys
from bot.agent.budget import Budget

_KEEP_SECONDS = 40 * 86_400
_RESERVE = """
for index, key in ipairs(KEYS) do
  local spent = tonumber(redis.call('GET', key) or '0')
  if spent + tonumber(ARGV[1]) > tonumber(ARGV[index + 1]) then return index end
end
for _, key in ipairs(KEYS) do
  redis.call('INCRBYFLOAT', key, ARGV[1])
  redis.call('EXPIRE', key, ARGV[4])
end
return 0
"""
_SETTLE = """
for _, key in ipairs(KEYS) do redis.call('INCRBYFLOAT', key, ARGV[1]) end
"""


class RedisSpending:
    """Both budgets are checked and taken in one script, so 50 at once can't overspend."""

    def __init__(self, redis: Redis) -> None:
        self._reserve = redis.register_script(_RESERVE)
        self._settle = redis.register_script(_SETTLE)

    async def reserve(self, incident: str, dollars: float, budget: Budget, day: str) -> str | None:
        over: Any = await self._reserve(
            keys=[keys.spent(incident), keys.spent(day)],
            args=[dollars, budget.dollars_incident, budget.dollars_day, _KEEP_SECONDS],
        )
        limits = {
            1: f"${budget.dollars_incident:g} for this incident",
            2: f"${budget.dollars_day:g} for today",
        }
        return f"the budget of {limits[int(over)]} is spent" if int(over) else None

    async def settle(self, incident: str, reserved: float, spent: float, day: str) -> None:
        await self._settle(keys=[keys.spent(incident), keys.spent(day)], args=[spent - reserved])
