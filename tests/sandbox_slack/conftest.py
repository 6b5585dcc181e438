"""A local Slack with a real Bolt app connected to it over Socket Mode."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import LocalSlack, Person, Workspace
from bot.sandbox.slack.manifest import app_of
from tests.fakes.slack_app import EVERYTHING

Connect = Callable[[AsyncApp], Awaitable[AsyncSocketModeHandler]]


@pytest.fixture
def workspace() -> Workspace:
    """The sample company with an app that may do all that the local Slack knows."""
    return Workspace(app=app_of(EVERYTHING))


@pytest.fixture
async def slack(workspace: Workspace) -> AsyncIterator[LocalSlack]:
    """A running local Slack on a free port."""
    async with LocalSlack(workspace) as running:
        yield running


@pytest.fixture
def client(slack: LocalSlack) -> AsyncWebClient:
    """Slack's own client, with nothing changed but the address."""
    return AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)


@pytest.fixture
def app(client: AsyncWebClient) -> AsyncApp:
    """A Bolt app that uses this client."""
    return AsyncApp(client=client, signing_secret="unused-in-socket-mode")


@pytest.fixture
async def connect(slack: LocalSlack) -> AsyncIterator[Connect]:
    """Connects a Bolt app, and closes it after the test."""
    handlers: list[Any] = []

    async def start(app: AsyncApp) -> AsyncSocketModeHandler:
        handler: Any = AsyncSocketModeHandler(app, slack.app_token, ping_interval=0.2)
        handlers.append(handler)
        await handler.connect_async()
        connected: AsyncSocketModeHandler = handler
        return connected

    yield start
    for handler in handlers:
        await handler.close_async()


@pytest.fixture
async def maya(slack: LocalSlack) -> AsyncIterator[Person]:
    """Maya, data on call, at the page."""
    async with Person(slack.page_url, "maya") as person:
        yield person


@pytest.fixture
async def sam(slack: LocalSlack) -> AsyncIterator[Person]:
    """Sam, the DBA, at the page."""
    async with Person(slack.page_url, "sam") as person:
        yield person
