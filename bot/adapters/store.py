"""Connecting to Redis, and refusing one that would forget."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import (
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)

from bot.adapters import keys

_CONNECTIONS = 64
_ANSWER_SECONDS = 5.0
"""Longest that one command may take; a blocking one has to ask for less."""
_CONFIRM_MS = 2000
_PROBE_SECONDS = 5


class StoreError(Exception):
    """Redis can't be used as it is. Says which setting to change."""


@dataclass(frozen=True, slots=True)
class Durability:
    """How this server keeps what it acknowledged."""

    sync_each_write: bool
    """It writes its log to disk once a second: an effect has to ask for the disk first."""
    accepted: bool
    """The owner vouches for it; nothing runs without a person then."""


async def connect(url: str) -> Redis:
    """A client with text replies. Raises StoreError where nothing answers."""
    # A plain pool refuses the 101st caller; hundreds of jobs share this process.
    redis: Redis = Redis.from_pool(
        BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=20,
            socket_timeout=_ANSWER_SECONDS,
            decode_responses=True,
            protocol=2,
        )
    )
    try:
        await redis.ping()
    except (RedisError, OSError) as error:
        await redis.aclose()
        raise StoreError(f"Redis at {_plain(url)} doesn't answer: {error}") from error
    return redis


async def durability(redis: Redis, *, accepted: bool) -> Durability:
    """Read the server's settings. Raises StoreError where an acknowledged write could be lost."""
    await _refuse_role(redis)
    try:
        config: Any = await redis.config_get("append*", "maxmemory*", "no-append*")
    except ResponseError as error:
        if accepted:
            return Durability(sync_each_write=False, accepted=True)
        raise StoreError(
            "this Redis doesn't tell its settings (CONFIG is not allowed); if its provider keeps"
            " an append-only log and never evicts, set OPSBOT_REDIS_DURABILITY=accepted"
        ) from error
    if config.get("appendonly") != "yes":
        raise StoreError(
            "this Redis forgets when it crashes: run `CONFIG SET appendonly yes` and write"
            " `appendonly yes` into its configuration"
        )
    policy = config.get("maxmemory-policy", "noeviction")
    if policy != "noeviction" and config.get("maxmemory", "0") != "0":
        raise StoreError(
            f"this Redis may evict incidents (maxmemory-policy {policy!r}): run"
            " `CONFIG SET maxmemory-policy noeviction`"
        )
    always = config.get("appendfsync") == "always"
    # While it rewrites its log it wouldn't sync at all, `always` or not.
    pauses = config.get("no-appendfsync-on-rewrite") == "yes"
    if always and not pauses:
        return Durability(sync_each_write=False, accepted=False)
    await _require_waitaof(redis)
    return Durability(sync_each_write=True, accepted=False)


async def on_disk(redis: Redis, *, wait_ms: int = _CONFIRM_MS) -> bool:
    """Wait until everything this connection wrote is in the append-only file."""
    answer: Any = await redis.execute_command("WAITAOF", 1, 0, wait_ms)  # type: ignore[no-untyped-call]
    return bool(answer[0] >= 1)


async def on_a_replica(redis: Redis, *, wait_ms: int = _CONFIRM_MS) -> bool:
    """Wait until a replica holds what this connection wrote; true at once where there is none."""
    told = await _told(redis, "replication")
    if not told.get("connected_slaves"):
        return True
    return int(await redis.wait(1, wait_ms)) >= 1


async def trouble(redis: Redis) -> str | None:
    """Why nothing can be written now, in a few words for people; None where it can."""
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            await redis.set(keys.PROBE, "1", ex=60)
    except OutOfMemoryError:
        return "its memory is full"
    except ReadOnlyError:
        return "it has become a replica"
    except ResponseError as error:
        return "its disk is full?" if "MISCONF" in str(error) else "it refuses to"
    except (RedisError, OSError, TimeoutError):
        return "it doesn't answer: stopped, or its disk is full?"
    return None


async def _refuse_role(redis: Redis) -> None:
    replication, cluster = await _told(redis, "replication"), await _told(redis, "cluster")
    if replication.get("role") == "slave":
        primary = f"{replication.get('master_host')}:{replication.get('master_port')}"
        raise StoreError(
            f"this Redis is a replica of {primary!r} and keeps nothing of its own: set REDIS_URL"
            " to the primary"
        )
    if cluster.get("cluster_enabled"):
        raise StoreError(
            "this Redis is a cluster, over which no commit can be whole: set `cluster-enabled no`,"
            " or set REDIS_URL to a single server or to the primary that Sentinel names"
        )


async def _require_waitaof(redis: Redis) -> None:
    try:
        await redis.execute_command("WAITAOF", 1, 0, 1)  # type: ignore[no-untyped-call]
    except ResponseError as error:
        version = (await _told(redis, "server")).get("redis_version", "?")
        raise StoreError(
            f"this Redis ({version}) can't confirm that a write is on disk (WAITAOF: {error}): run"
            " `CONFIG SET appendfsync always` and `CONFIG SET no-appendfsync-on-rewrite no`, or"
            " use Redis 7.2 or later, or Valkey"
        ) from error


async def _told(redis: Redis, section: str) -> dict[str, Any]:
    """What the server says of itself; nothing where this user may not ask."""
    try:
        told: dict[str, Any] = await redis.info(section)
    except NoPermissionError:
        return {}
    return told


def _plain(url: str) -> str:
    """The address without its password."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
