"""I'm on it, for a whole storm, and a thread for one incident of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import ids
from bot.slack.listeners import sight
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.press import attempt, place_of, value_of


def register(app: AsyncApp, deps: Deps) -> None:
    """What either brings about is seen on the card."""

    async def act(
        body: dict[str, Any], client: AsyncWebClient, does: Callable[[str], Awaitable[object]]
    ) -> None:
        place, user = place_of(body), str(body["user"]["id"])
        work = sight.once_seen(deps, user, place[0], lambda: does(user))
        await attempt(deps, client, place, user, work, "a storm's button")

    @app.action(ids.STORM_TAKE)
    async def take(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        storm = value_of(body)
        await act(body, client, lambda user: deps.storm.take(storm, user))

    @app.action(ids.STORM_OPEN)
    async def open_thread(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        chosen = str((body["actions"][0].get("selected_option") or {}).get("value") or "")
        await act(body, client, lambda user: deps.storm.open_thread(chosen, user))
