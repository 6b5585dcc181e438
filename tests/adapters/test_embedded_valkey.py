"""The embedded Valkey: it keeps what it acknowledged, and never outlives its owner."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.sandbox.valkey import EmbeddedValkey, ValkeyError
from tests.fakes.poll import ended, until

OWNER = """
import asyncio, sys, time
from pathlib import Path
from bot.sandbox.valkey import EmbeddedValkey
server = EmbeddedValkey(Path(sys.argv[1]))
asyncio.run(server.start())
print(server.pid, flush=True)
time.sleep(60)
"""


async def test_what_it_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    server = EmbeddedValkey(tmp_path)
    await server.start()
    try:
        async with Redis.from_url(server.url, decode_responses=True) as client:
            for i in range(200):
                await client.rpush("kept", i)
        server.kill()
        await server.start()
        async with Redis.from_url(server.url, decode_responses=True) as client:
            assert await client.llen("kept") == 200
    finally:
        await server.stop()


async def test_one_that_ends_by_itself_is_started_again_with_what_it_acknowledged(
    tmp_path: Path,
) -> None:
    server = EmbeddedValkey(tmp_path)
    await server.start()
    keeping = asyncio.create_task(server.keep())
    try:
        async with Redis.from_url(server.url, decode_responses=True) as client:
            await client.set("kept", 1)
        first = server.pid
        os.kill(first, signal.SIGKILL)

        async def kept_again() -> bool:
            async with Redis.from_url(server.url, decode_responses=True) as client:
                try:
                    return server.pid != first and await client.get("kept") == "1"
                except (RedisError, OSError):
                    return False

        await until(kept_again)
    finally:
        keeping.cancel()
        await server.stop()


async def test_it_survives_a_stop_too_and_leaves_no_socket(tmp_path: Path) -> None:
    server = EmbeddedValkey(tmp_path)
    await server.start()
    async with Redis.from_url(server.url) as client:
        await client.set("kept", 1)
    socket = Path(server.url.removeprefix("unix://"))
    await server.stop()
    assert not socket.parent.exists()
    await server.start()
    async with Redis.from_url(server.url, decode_responses=True) as client:
        assert await client.get("kept") == "1"
    await server.stop()


async def test_a_data_folder_may_lie_deep_and_hold_spaces(tmp_path: Path) -> None:
    deep = tmp_path / ("a folder with spaces " * 4) / ("deep" * 25)
    server = EmbeddedValkey(deep)
    await server.start()
    try:
        async with Redis.from_url(server.url) as client:
            assert await client.ping()
    finally:
        await server.stop()
    assert list((deep / "valkey").glob("appendonlydir"))


async def test_one_that_cannot_start_says_what_it_said(tmp_path: Path) -> None:
    broken = tmp_path / "valkey" / "appendonlydir"
    broken.mkdir(parents=True)
    (broken / "appendonly.aof.manifest").write_text("nonsense\n")
    with pytest.raises(ValkeyError, match=r"didn't start: .*manifest.*REDIS_URL"):
        await EmbeddedValkey(tmp_path).start()


async def test_it_dies_with_an_owner_that_is_killed(tmp_path: Path) -> None:
    owner = subprocess.Popen(  # noqa: ASYNC220 - it is killed below
        [sys.executable, "-c", OWNER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    pid = int(await asyncio.to_thread(owner.stdout.readline))
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    await until(lambda: ended(pid))
