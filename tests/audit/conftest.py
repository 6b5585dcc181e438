"""A real Valkey, and the use cases on it, each commit signed."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from tests.fakes.house import House
from tests.fakes.valkey import redis, valkey

__all__ = ["house", "redis", "valkey"]


@pytest.fixture
def house(redis: Redis) -> House:
    return House(redis)
