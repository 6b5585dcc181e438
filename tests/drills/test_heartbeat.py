"""The heartbeat of a whole opsbot: it goes out, and stops with the worker that has to act."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot import settings
from bot.sandbox.drills.ground import until
from bot.sandbox.ports import free_http_addr
from bot.sandbox.stage import Stage
from tests.fakes.http_server import FakeServer


async def _taken(_: web.Request) -> web.StreamResponse:
    return web.Response(text="OK")


@pytest.mark.invariant(24)
async def test_it_stops_when_the_worker_that_acts_does_and_comes_back_with_it(
    tmp_path: Path,
) -> None:
    async with FakeServer(_taken) as switch, aiohttp.ClientSession() as session:
        told = {
            "PATH": os.environ["PATH"],
            "OPSBOT_HEARTBEAT_URL": f"{switch.url}/alive",
            "OPSBOT_HEARTBEAT_METHOD": "POST",
            "OPSBOT_HEARTBEAT_SECONDS": "1",
        }
        given = settings.read(told, env_file=tmp_path / "none")
        address = free_http_addr("127.0.0.1:0")
        async with Stage(given, tmp_path, company=False, http_addr=address) as stage:
            await stage.start(quiet=True)
            assert stage.supervisor is not None

            async def health() -> dict[str, Any]:
                async with session.get(f"http://{address}/health") as answer:
                    found: dict[str, Any] = await answer.json()
                    return found

            async def able() -> bool:
                return bool((await health())["able"])

            async def unable() -> bool:
                return "act worker" in (await health())["failing"]

            await until(lambda: len(switch.seen) > 1, "no beat went out")
            assert await able()
            act = stage.supervisor.pids["act"]
            os.kill(act, signal.SIGSTOP)
            try:
                await until(unable, "the stopped worker was not missed")
                sent = len(switch.seen)
                await asyncio.sleep(3)
                assert len(switch.seen) == sent
            finally:
                os.kill(act, signal.SIGCONT)
            await until(able, "the worker is back and not noticed")
            await until(lambda: len(switch.seen) > sent, "no beat since")
        sent = len(switch.seen)
        await asyncio.sleep(2)
        assert len(switch.seen) == sent
    assert {(each.method, each.path) for each in switch.seen} == {("POST", "/alive")}
