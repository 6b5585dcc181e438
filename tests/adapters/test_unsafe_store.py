"""Start-up refuses a Redis that could lose what it acknowledged, and says what to change."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from bot.adapters.redis_ledger import RedisLedger
from bot.adapters.store import Durability, StoreError, durability, on_a_replica, on_disk, trouble
from bot.domain.incident import Incident
from bot.domain.ports import NotConfirmedError, Reservation
from tests.fakes.poll import until
from tests.fakes.server import Server, server
from tests.fakes.story import diagnosed, opened

pytestmark = pytest.mark.invariant(2)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"appendonly": "no"}, r"CONFIG SET appendonly yes"),
        (
            {"maxmemory": "100mb", "maxmemory_policy": "volatile-ttl"},
            r"'volatile-ttl'.*CONFIG SET maxmemory-policy noeviction",
        ),
        (
            {"appendfsync": "everysec", "rename_command": "WAITAOF gone"},
            r"WAITAOF.*CONFIG SET appendfsync always.*Redis 7\.2",
        ),
        (
            {"no_appendfsync_on_rewrite": "yes", "rename_command": "WAITAOF gone"},
            r"CONFIG SET no-appendfsync-on-rewrite no",
        ),
        ({"cluster_enabled": "yes", "port": "0"}, r"cluster-enabled no"),
    ],
    ids=["no log", "evicts", "can't confirm", "pauses and can't confirm", "cluster"],
)
async def test_one_that_is_unsafe_is_refused_with_the_setting_to_change(
    settings: dict[str, str], words: str
) -> None:
    async with server(**settings) as unsafe:
        with pytest.raises(StoreError, match=words):
            await durability(unsafe.client, accepted=False)


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        ({"appendfsync": "always"}, False),
        ({"appendfsync": "everysec"}, True),
        ({"appendfsync": "no"}, True),
        ({"no_appendfsync_on_rewrite": "yes"}, True),
        ({"appendfsync": "always", "rename_command": "WAITAOF gone"}, False),
        ({"maxmemory_policy": "allkeys-lru"}, False),
    ],
)
async def test_one_that_keeps_everything_is_asked_for_the_disk_only_where_it_must_be(
    settings: dict[str, str], asked: bool
) -> None:
    async with server(**settings) as safe:
        found = await durability(safe.client, accepted=False)
        assert found == Durability(sync_each_write=asked, accepted=False)


async def replica_of(primary: Server, replica: Server) -> None:
    """Attach it, and wait until it is in step."""
    port = (await primary.client.config_get("port"))["port"]
    await replica.client.replicaof("127.0.0.1", port)

    async def in_step() -> bool:
        told = await replica.client.info("replication")
        return str(told.get("master_link_status")) == "up"

    await until(in_step)


async def act(redis: Redis, name: str) -> Incident:
    """Commit as an action starts: under a reservation."""
    ledger = RedisLedger(redis, sync_each_commit=False)
    token = await ledger.acquire(name, 30)
    reserved = Reservation(lease=name, token=token or "")
    return await ledger.commit(Incident(id=name), [opened()], reservation=reserved)


async def test_a_replica_is_refused_and_its_primary_named(unused_tcp_port: int) -> None:
    async with server(port=str(unused_tcp_port)) as primary, server() as replica:
        await replica_of(primary, replica)
        with pytest.raises(
            StoreError, match=rf"replica of '127.0.0.1:{unused_tcp_port}'.*REDIS_URL"
        ):
            await durability(replica.client, accepted=True)
        assert await durability(primary.client, accepted=False)


async def test_where_there_is_a_replica_a_start_is_on_it_too(unused_tcp_port: int) -> None:
    async with server(port=str(unused_tcp_port)) as primary, server() as replica:
        await replica_of(primary, replica)
        await act(primary.client, "INC-1")
        assert await replica.client.xlen("opsbot:INC-1:decisions") == 1


async def test_a_replica_that_does_not_confirm_stops_the_start_and_nothing_else(
    unused_tcp_port: int,
) -> None:
    async with server(port=str(unused_tcp_port)) as primary, server() as replica:
        await replica_of(primary, replica)
        replica.halt()
        try:
            with pytest.raises(NotConfirmedError, match="no replica confirmed"):
                await act(primary.client, "INC-1")
            ledger = RedisLedger(primary.client, sync_each_commit=False)
            await ledger.commit(await ledger.load("INC-1"), [diagnosed()])
        finally:
            replica.go_on()


async def test_without_a_replica_none_is_waited_for(redis: Redis) -> None:
    assert await on_a_replica(redis)
    assert (await act(redis, "INC-1")).version == 1


async def test_a_commit_that_is_not_on_disk_in_time_is_not_confirmed() -> None:
    async with server(appendfsync="everysec") as full:
        ledger = RedisLedger(full.client, sync_each_commit=True)
        await ledger.commit(Incident(id="INC-1"), [opened()])
        full.fill()
        with pytest.raises(NotConfirmedError, match="on disk"):
            await ledger.commit(Incident(id="INC-2"), [opened()])


class TestTrouble:
    async def test_a_full_disk_is_told_and_its_end(self) -> None:
        async with server(appendfsync="everysec") as small:
            assert await trouble(small.client) is None
            small.fill()

            async def told() -> bool:
                return await trouble(small.client) == "its disk is full?"

            await until(told)
            small.free()

            async def well() -> bool:
                return await trouble(small.client) is None and await on_disk(small.client)

            await until(well)

    async def test_one_that_syncs_each_write_ends_on_a_full_disk(self) -> None:
        async with server() as small:
            small.fill()
            words = "it doesn't answer: stopped, or its disk is full?"
            assert await trouble(small.client) == words
            await until(small.ended)

    async def test_full_memory_is_told(self) -> None:
        async with server(maxmemory="1") as small:
            assert await trouble(small.client) == "its memory is full"

    async def test_one_that_became_a_replica_is_told(self) -> None:
        async with server() as small:
            await small.client.replicaof("127.0.0.1", "1")
            assert await trouble(small.client) == "it has become a replica"

    async def test_one_that_hangs_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("bot.adapters.store._PROBE_SECONDS", 0.05)
        async with server() as small:
            small.halt()
            try:
                assert "doesn't answer" in str(await trouble(small.client))
            finally:
                small.go_on()
