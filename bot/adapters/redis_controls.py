"""Stop switches and breakers in Redis, each change recorded by the script that makes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from redis.asyncio import Redis

from bot.adapters import keys
from bot.adapters.store import on_disk
from bot.domain.controls import BreakerReset, ControlEvent, Resumed, Stopped, load_control
from bot.domain.events import BreakerTripped, Event
from bot.domain.ports import NotConfirmedError

_SET = """
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 0 then
  return redis.call('HGET', KEYS[1], ARGV[1])
end
redis.call('XADD', KEYS[2], '*', 'event', ARGV[2])
return ARGV[2]
"""
_CLEAR = """
local held = redis.call('HGET', KEYS[1], ARGV[1])
if not held then return nil end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('XADD', KEYS[2], '*', 'event', ARGV[2])
if KEYS[3] then redis.call('DEL', KEYS[3]) end
return held
"""


class RedisControls:
    """They survive whatever Redis survives; no key of theirs expires."""

    def __init__(
        self,
        redis: Redis,
        *,
        sync_each_write: bool,
        clean: Callable[[Sequence[Any]], list[Any]] = list,
    ) -> None:
        """`sync_each_write`: the server doesn't fsync by itself, so ask it to (WAITAOF). `clean`:
        takes secrets out of events before they are kept.
        """
        self._clean_events = clean
        self._redis = redis
        self._sync = sync_each_write
        self._set = redis.register_script(_SET)
        self._clear = redis.register_script(_CLEAR)

    async def stop(self, stop: Stopped) -> Stopped:
        stands = await self._run(self._set, [keys.STOPS], stop.scope, stop)
        return Stopped.model_validate_json(stands or "")

    async def resume(self, resumed: Resumed) -> Stopped | None:
        held = await self._run(self._clear, [keys.STOPS], resumed.scope, resumed)
        return Stopped.model_validate_json(held) if held else None

    async def stopped(self) -> dict[str, Stopped]:
        found: Any = await self._redis.hgetall(keys.STOPS)
        return {scope: Stopped.model_validate_json(body) for scope, body in found.items()}

    async def tripped(self) -> dict[str, BreakerTripped]:
        found: Any = await self._redis.hgetall(keys.BREAKERS)
        return {scope: BreakerTripped.model_validate_json(body) for scope, body in found.items()}

    async def reset(self, reset: BreakerReset) -> BreakerTripped | None:
        counted = keys.failed_actions(reset.scope)
        held = await self._run(self._clear, [keys.BREAKERS], reset.scope, reset, counted)
        return BreakerTripped.model_validate_json(held) if held else None

    async def history(self) -> list[ControlEvent]:
        entries: Any = await self._redis.xrange(keys.CONTROLS)
        return [load_control(entry["event"]) for _, entry in entries]

    async def _run(
        self, script: Any, state: list[str], scope: str, event: Event, *more: str
    ) -> str | None:
        """Raises NotConfirmedError where it is done, but not known to be on disk."""
        [kept] = self._clean_events([event])
        given = {"keys": [*state, keys.CONTROLS, *more], "args": [scope, kept.model_dump_json()]}
        answer: str | None
        if not self._sync:
            answer = await script(**given)
            return answer
        # WAITAOF speaks of what its own connection wrote.
        async with self._redis.client() as connection:
            answer = await script(**given, client=connection)
            if not await on_disk(connection):
                raise NotConfirmedError(
                    "it is done, but Redis didn't confirm it on disk within 2 s"
                )
        return answer
