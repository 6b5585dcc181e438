"""A Redis that would forget is refused, and the setting to change is named."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from bot.adapters.redis_ledger import RedisLedger
from bot.adapters.store import StoreError, connect, durability, on_disk
from bot.domain.incident import Incident
from bot.sandbox.valkey import EmbeddedValkey
from tests.fakes.story import opened


@pytest.fixture
async def changed(redis: Redis) -> AsyncIterator[Redis]:
    """A server whose settings are put back."""
    yield redis
    await redis.config_set("appendonly", "yes")
    await redis.config_set("appendfsync", "always")
    await redis.config_set("maxmemory", "0")
    await redis.config_set("maxmemory-policy", "noeviction")


async def test_one_that_syncs_each_write_needs_no_asking(redis: Redis) -> None:
    found = await durability(redis, accepted=False)
    assert (found.sync_each_write, found.accepted) == (False, False)


async def test_one_that_syncs_each_second_is_asked_for_the_disk(changed: Redis) -> None:
    await changed.config_set("appendfsync", "everysec")
    assert (await durability(changed, accepted=False)).sync_each_write
    await changed.set("a", "b")
    assert await on_disk(changed)


@pytest.mark.parametrize("accepted", [False, True])
async def test_one_without_a_log_is_refused(changed: Redis, accepted: bool) -> None:
    await changed.config_set("appendonly", "no")
    with pytest.raises(StoreError, match="CONFIG SET appendonly yes"):
        await durability(changed, accepted=accepted)


async def test_one_that_evicts_is_refused(changed: Redis) -> None:
    await changed.config_set("maxmemory-policy", "allkeys-lru")
    await durability(changed, accepted=False)
    await changed.config_set("maxmemory", "100mb")
    with pytest.raises(StoreError, match=r"'allkeys-lru'.*maxmemory-policy noeviction"):
        await durability(changed, accepted=False)


async def test_one_that_does_not_tell_needs_its_owners_word(
    redis: Redis, valkey: EmbeddedValkey
) -> None:
    await redis.acl_setuser(
        "managed", enabled=True, nopass=True, keys=["*"], commands=["+@all", "-config"]
    )
    silent: Redis = Redis.from_url(valkey.url, username="managed", password="x", protocol=2)
    try:
        with pytest.raises(StoreError, match="OPSBOT_REDIS_DURABILITY=accepted"):
            await durability(silent, accepted=False)
        assert (await durability(silent, accepted=True)).accepted
    finally:
        await silent.aclose()
        await redis.acl_deluser("managed")


async def test_hundreds_may_use_it_at_once(valkey: EmbeddedValkey, redis: Redis) -> None:
    client = await connect(valkey.url)
    try:
        ledger = RedisLedger(client, sync_each_commit=True)
        names = [f"INC-{i}" for i in range(300)]
        await asyncio.gather(*(ledger.commit(Incident(id=name), [opened()]) for name in names))
        assert set(await ledger.open_incidents()) == set(names)
    finally:
        await client.aclose()


async def test_one_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(StoreError) as refused:
        await connect("redis://user:hunter2@127.0.0.1:1/0")
    assert "redis://127.0.0.1:1/0 doesn't answer" in str(refused.value)
    assert "hunter2" not in str(refused.value)
