"""I'm on it, for a whole storm, and a thread for one incident of it."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import ids
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.press import attempt, place_of, value_of


def register(app: AsyncApp, deps: Deps) -> None:
    """What either brings about is seen on the card."""

    async def act(body: dict[str, Any], client: AsyncWebClient, does: Awaitable[object]) -> None:
        user = body["user"]["id"]
        await attempt(deps, client, place_of(body), user, does, "a storm's button")

    @app.action(ids.STORM_TAKE)
    async def take(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await act(body, client, deps.storm.take(value_of(body), body["user"]["id"]))

    @app.action(ids.STORM_OPEN)
    async def open_thread(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await act(body, client, deps.storm.open_thread(value_of(body), body["user"]["id"]))
