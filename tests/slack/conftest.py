"""Clock times in views are the server's, here UTC; a desk on real parts, and people at it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
from aiohttp import web
from redis.asyncio import Redis

from bot.sandbox.slack import LocalSlack, Person
from bot.slack.http import add_slack_route
from bot.slack.posting import messages
from tests.fakes.slack_wire import Wire
from tests.fakes.valkey import redis, valkey
from tests.slack.desk import Desk

__all__ = ["redis", "valkey"]
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


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


@pytest.fixture
async def maya(slack: LocalSlack) -> AsyncIterator[Person]:
    async with Person(slack.page_url, "maya") as person:
        yield person


@pytest.fixture
async def dev(slack: LocalSlack) -> AsyncIterator[Person]:
    async with Person(slack.page_url, "dev") as person:
        yield person


@pytest.fixture
async def sam(slack: LocalSlack) -> AsyncIterator[Person]:
    async with Person(slack.page_url, "sam") as person:
        yield person


@pytest.fixture
async def wire(asking: Desk) -> AsyncIterator[Wire]:
    """Slack's own way to a desk over signed HTTP."""
    site = web.Application()
    add_slack_route(site, asking.app(SECRET))
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    async with aiohttp.ClientSession() as session:
        yield Wire(f"http://127.0.0.1:{port}/slack/events", SECRET, session)
    await runner.cleanup()
