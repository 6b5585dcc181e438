"""Connecting to Redis, and refusing one that would forget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError, ResponseError

from bot.adapters import keys

_CONNECTIONS = 64


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
            url, max_connections=_CONNECTIONS, timeout=20, decode_responses=True, protocol=2
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
    try:
        config: Any = await redis.config_get("append*", "maxmemory*")
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
    return Durability(sync_each_write=config.get("appendfsync") != "always", accepted=False)


async def writable(redis: Redis) -> None:
    """Write something. Raises RedisError where nothing can be: disk full, read-only, gone."""
    await redis.set(keys.VITAL, "1", ex=60)


async def on_disk(redis: Redis, *, wait_ms: int = 2000) -> bool:
    """Wait until everything this connection wrote is in the append-only file."""
    answer: Any = await redis.execute_command("WAITAOF", 1, 0, wait_ms)  # type: ignore[no-untyped-call]
    return bool(answer[0] >= 1)


def _plain(url: str) -> str:
    """The address without its password."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
