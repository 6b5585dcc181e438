"""A ledger that can't be written: nothing is done, webhooks are refused, and the bot says so."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from redis import Redis
from redis.exceptions import RedisError

from bot.adapters import keys
from bot.adapters.store import on_disk
from bot.domain import crashpoints
from bot.domain.plan_state import PlanStatus, StepStatus
from bot.sandbox.slack import LocalSlack
from bot.slack.app import make_client
from tests.fakes.house import House
from tests.fakes.poll import until
from tests.fakes.server import Server, server

pytestmark = [pytest.mark.invariant(21), pytest.mark.invariant(10)]


def at_the_last_moment(happens: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """When all is checked and the checkpoint taken, just before the start is written down."""
    monkeypatch.setattr(crashpoints, "_reached", [lambda name: happens() if name == "E2" else None])


async def writable(small: Server) -> bool:
    try:
        await small.client.set("probe", "1")
        return await on_disk(small.client)
    except RedisError:
        return False


async def test_a_start_that_is_only_in_memory_sends_nothing_and_is_read_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with server(appendfsync="everysec") as small:
        house = House(small.client, sync=True)
        await house.approved()
        at_the_last_moment(small.fill, monkeypatch)
        with pytest.raises(RedisError, match="MISCONF"):
            await house.jobs.run("INC-1|execute|P1:0")
        assert house.world.painted == []
        assert (await house.fix()).steps[0].status is StepStatus.STARTED
        monkeypatch.setattr(crashpoints, "_reached", [])
        small.free()
        await until(lambda: writable(small))
        await house.later(60)
        assert house.world.painted == []
        assert "step 1 failed: never painted" in (await house.incident()).calls[-1].reason


async def lapse(small: Server) -> None:
    """Let the lease of the job that failed run out."""
    await small.client.delete(keys.lease("INC-1|execute|P1:0"))


async def test_one_that_ends_on_a_full_disk_loses_no_approval_and_runs_when_it_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with server() as small:
        house = House(small.client)
        await house.approved()
        at_the_last_moment(small.fill, monkeypatch)
        with pytest.raises((RedisError, OSError)):
            await house.jobs.run("INC-1|execute|P1:0")
        assert house.world.painted == []
        monkeypatch.setattr(crashpoints, "_reached", [])
        await until(small.ended)
        await small.start()
        await lapse(small)
        assert (await house.fix()).status is PlanStatus.READY
        await house.later(60)
        assert house.world.painted == ["paint hall green"]


async def test_a_full_memory_stops_the_start_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async with server() as small:
        house = House(small.client)
        await house.approved()
        with Redis.from_url(small.url) as beside:
            at_the_last_moment(lambda: beside.config_set("maxmemory", "1"), monkeypatch)
            with pytest.raises(RedisError, match="maxmemory"):
                await house.jobs.run("INC-1|execute|P1:0")
        assert house.world.painted == []
        monkeypatch.setattr(crashpoints, "_reached", [])
        await small.client.config_set("maxmemory", "0")
        await lapse(small)
        await house.later(60)
        assert house.world.painted == ["paint hall green"]


ALERT = {
    "status": "firing",
    "labels": {"alertname": "LampRed", "service": "lamps"},
    "annotations": {"summary": "the lamp is red"},
    "startsAt": "2026-11-23T01:47:00Z",
    "fingerprint": "f00d",
}


class Opsbot:
    """`opsbot serve` as a process of its own."""

    def __init__(self, slack: LocalSlack, redis_url: str, data: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self._log = (data / "log").open("w+")
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "bot", "serve"],
            cwd=data,
            stderr=self._log,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(Path(__file__).parents[2]),
                "REDIS_URL": redis_url,
                "OPSBOT_DATA": str(data),
                "OPSBOT_HTTP_ADDR": self.address,
                "OPSBOT_WEBHOOK_TOKEN": "a token",
                "SLACK_API_URL": slack.api_url,
                "SLACK_BOT_TOKEN": slack.bot_token,
                "SLACK_APP_TOKEN": slack.app_token,
                "OPSBOT_APPROVERS": "@data-oncall",
            },
        )

    async def healthy(self) -> bool:
        assert self._process.poll() is None, self.log
        async with aiohttp.ClientSession() as session:
            try:
                async with session.get(f"http://{self.address}/health") as answer:
                    return answer.status == 200
            except aiohttp.ClientError:
                return False

    async def told(self, fingerprint: str) -> int:
        """How a webhook is answered."""
        body = {"version": "4", "alerts": [{**ALERT, "fingerprint": fingerprint}]}
        headers = {"Authorization": "Bearer a token"}
        url = f"http://{self.address}/webhooks/alertmanager"
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.post(url, data=json.dumps(body)) as answer,
        ):
            return answer.status

    @property
    def log(self) -> str:
        return Path(self._log.name).read_text()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._log.close()


async def texts(slack: LocalSlack) -> list[str]:
    """All that stands in the channel, newest first."""
    client = make_client(slack.bot_token, slack.api_url)
    answer = await client.conversations_history(channel="C0INCIDENT")
    messages: list[dict[str, Any]] = answer["messages"]
    return [m["text"] for m in messages if m.get("bot_id")]


@pytest.mark.invariant(1)
async def test_opsbot_refuses_alerts_and_says_why_and_when_it_is_over(tmp_path: Path) -> None:
    async with LocalSlack() as slack, server(appendfsync="everysec") as small:
        opsbot = Opsbot(slack, small.url, tmp_path)
        try:
            await until(opsbot.healthy)
            small.fill()
            assert await opsbot.told("one") == 503

            async def troubled() -> bool:
                return [t[:27] for t in await texts(slack)] == ["I can't write to my ledger "]

            await until(troubled)
            assert await opsbot.told("two") == 503
            assert await opsbot.healthy()
            small.free()

            async def well() -> bool:
                return any(
                    t.startswith("I can write to my ledger again") for t in await texts(slack)
                )

            await until(well)
            assert await opsbot.told("three") == 202
            spoken = [t for t in await texts(slack) if "my ledger" in t]
            assert len(spoken) == 2
            assert not any("Traceback" in t or "MISCONF" in t for t in await texts(slack))
        finally:
            opsbot.stop()
