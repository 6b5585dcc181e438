"""I'm on it."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import ids
from bot.slack.listeners import sight
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.press import attempt, place_of, value_of


def register(app: AsyncApp, deps: Deps) -> None:
    """Whoever presses it has it; the calls stop."""

    @app.action(ids.TAKE)
    async def take(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        place, user, incident = place_of(body), body["user"]["id"], value_of(body)
        work = sight.once_seen(deps, user, place[0], lambda: deps.takeover.take(incident, user))
        await attempt(deps, client, place, user, work, f"taking {incident}")
