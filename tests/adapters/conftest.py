"""A real Valkey, and the ledger on it."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from bot.adapters.redis_ledger import RedisLedger
from tests.fakes.valkey import redis, valkey

__all__ = ["ledger", "redis", "valkey"]


@pytest.fixture
def ledger(redis: Redis) -> RedisLedger:
    return RedisLedger(redis, sync_each_commit=False)
