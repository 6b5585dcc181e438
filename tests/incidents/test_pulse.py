"""A sign of life goes out only while opsbot is able to work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.adapters.url_heartbeat import HeartbeatError, UrlHeartbeat
from bot.incidents.pulse import Pulse
from tests.fakes.house import StoppedClock
from tests.fakes.http_server import FakeServer

SECONDS = 60.0


class Body:
    """Vitals that a test can spoil."""

    def __init__(self) -> None:
        self.wrong: dict[str, str | Exception] = {}
        self.beats = 0

    async def beat(self) -> None:
        self.beats += 1

    def pulse(self, clock: StoppedClock) -> Pulse:
        def vital(name: str) -> object:
            async def look() -> str | None:
                found = self.wrong.get(name)
                if isinstance(found, Exception):
                    raise found
                return found

            return look

        vitals = {name: vital(name) for name in ("redis", "slack", "act worker")}
        return Pulse(vitals, {"url": self.beat}, clock, seconds=SECONDS)  # type: ignore[arg-type]


async def passes(pulse: Pulse, clock: StoppedClock, seconds: float) -> None:
    """A look each 10 seconds."""
    for _ in range(int(seconds / 10)):
        await pulse.turn()
        clock.advance(10)


async def test_one_goes_out_each_minute() -> None:
    body, clock = Body(), StoppedClock()
    await passes(body.pulse(clock), clock, 300)
    assert body.beats == 5


@pytest.mark.invariant(24)
@pytest.mark.parametrize("vital", ["redis", "slack", "act worker"])
@pytest.mark.parametrize("wrong", ["gone", ConnectionError("gone")], ids=["said", "raised"])
async def test_it_stops_with_any_of_them_and_says_which(
    vital: str, wrong: str | Exception, caplog: pytest.LogCaptureFixture
) -> None:
    body, clock = Body(), StoppedClock()
    pulse = body.pulse(clock)
    await passes(pulse, clock, 60)
    body.wrong[vital] = wrong
    await passes(pulse, clock, 600)
    assert body.beats == 1
    said = [r.message for r in caplog.records if r.levelno >= logging.WARNING]
    assert len(said) == 1
    assert f"no heartbeat goes out: {vital}: " in said[0]
    assert "gone" in said[0]
    assert pulse.state["able"] is False
    assert "gone" in pulse.state["failing"][vital]
    body.wrong.clear()
    await passes(pulse, clock, 60)
    assert body.beats == 2
    assert pulse.state["failing"] == {}


async def test_a_vital_that_never_answers_is_not_well(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hangs() -> str | None:
        await asyncio.sleep(60)
        return None

    monkeypatch.setattr("bot.incidents.pulse._PATIENCE_SECONDS", 0.05)
    body, clock = Body(), StoppedClock()
    pulse = Pulse({"slack": hangs}, {"url": body.beat}, clock, seconds=SECONDS)
    await pulse.turn()
    assert body.beats == 0
    assert "no answer" in pulse.state["failing"]["slack"]


async def test_before_the_first_look_nobody_is_told_that_all_is_well() -> None:
    assert Body().pulse(StoppedClock()).state["able"] is False


class Switch:
    """Somebody's dead man's switch."""

    def __init__(self) -> None:
        self.status = 200

    async def handle(self, request: web.Request) -> web.StreamResponse:
        return web.Response(status=self.status, headers={"Location": "http://127.0.0.1:1/"})


@pytest.fixture
async def switch() -> AsyncIterator[tuple[Switch, FakeServer]]:
    made = Switch()
    async with FakeServer(made.handle) as server:
        yield made, server


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_any_address_can_take_it(switch: tuple[Switch, FakeServer], method: str) -> None:
    address = SecretStr(f"{switch[1].url}/ping/very-secret")
    await UrlHeartbeat(address, method).beat()  # type: ignore[arg-type]
    assert [(s.method, s.path) for s in switch[1].seen] == [(method, "/ping/very-secret")]


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_one_that_is_not_taken_is_tried_at_the_next_look_and_keeps_its_secret(
    switch: tuple[Switch, FakeServer], status: int, caplog: pytest.LogCaptureFixture
) -> None:
    taker, server = switch
    taker.status = status
    beat = UrlHeartbeat(SecretStr(f"{server.url}/ping/very-secret"), "GET").beat
    with pytest.raises(HeartbeatError, match=f"127.0.0.1 answered {status}"):
        await beat()
    clock = StoppedClock()
    pulse = Pulse({}, {"url": beat}, clock, seconds=SECONDS)
    await passes(pulse, clock, 20)
    assert "not taken" in pulse.state["heartbeats"]["url"]
    taker.status = 200
    await passes(pulse, clock, 10)
    assert pulse.state["heartbeats"]["url"].startswith("2026-")
    assert "very-secret" not in caplog.text


async def test_an_address_where_nobody_is_keeps_its_secret() -> None:
    with pytest.raises(HeartbeatError) as error:
        await UrlHeartbeat(SecretStr("http://127.0.0.1:1/very-secret"), "GET").beat()
    assert "very-secret" not in str(error.value)
