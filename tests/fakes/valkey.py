"""A real Valkey for a folder's tests, emptied before each; import the fixtures in conftest.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from redis.asyncio import Redis

from bot.sandbox.valkey import EmbeddedValkey


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedValkey]:
    """One server for the session; it keeps an append-only file and syncs each write."""
    server = EmbeddedValkey(tmp_path_factory.mktemp("valkey"))
    asyncio.run(server.start())
    yield server
    asyncio.run(server.stop())


@pytest.fixture
async def redis(valkey: EmbeddedValkey) -> AsyncIterator[Redis]:
    """A client of an empty server, replying in text."""
    client: Redis = Redis.from_url(valkey.url, decode_responses=True, protocol=2)
    await client.flushall()
    yield client
    await client.aclose()
