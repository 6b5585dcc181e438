"""Halt after this step."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import ids
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.press import place_of, press, value_of


def register(app: AsyncApp, deps: Deps) -> None:
    """What came of it stands in the message."""

    @app.action(ids.HALT)
    async def halt(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        user = body["user"]["id"]

        async def act(ref: ids.PlanRef) -> object:
            return await deps.intervention.halt(ref.incident, ref.plan, ref.digest, user)

        await press(deps, client, place_of(body), user, value_of(body), act)
