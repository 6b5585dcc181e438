"""A real Valkey, and the ledger on it."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from bot.adapters.redis_controls import RedisControls
from bot.adapters.redis_ledger import RedisLedger
from tests.fakes.valkey import redis, valkey

__all__ = ["controls", "ledger", "redis", "valkey"]


@pytest.fixture
def ledger(redis: Redis) -> RedisLedger:
    return RedisLedger(redis, sync_each_commit=False)


@pytest.fixture
def controls(redis: Redis) -> RedisControls:
    return RedisControls(redis, sync_each_write=False)
