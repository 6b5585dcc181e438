"""Clock times in views are the server's; here it stands in UTC. And a desk on real parts."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator

import pytest
from redis.asyncio import Redis

from bot.sandbox.slack import LocalSlack
from bot.slack.posting import messages
from tests.fakes.valkey import redis, valkey
from tests.slack.desk import Desk

__all__ = ["redis", "valkey"]


@pytest.fixture(autouse=True, scope="session")
def utc() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    async with LocalSlack() as running:
        yield running


@pytest.fixture
async def desk(slack: LocalSlack, redis: Redis) -> AsyncIterator[Desk]:
    """An opsbot that is not connected yet."""
    made = Desk(slack, redis)
    yield made
    await made.close()


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the second between two posts, for tests that are not about it."""
    for name in ("POST", "EDIT", "REPLIES", "HISTORY"):
        rate = getattr(messages, name)
        monkeypatch.setattr(messages, name, rate.model_copy(update={"seconds": 0.01}))
    monkeypatch.setattr(messages, "_EDIT_SECONDS", 0.01)
