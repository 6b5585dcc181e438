"""The menu beside an approval: its details, and handing it to a person."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import ids
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.press import place_of, press, value_of
from bot.slack.views.details import details_view


def register(app: AsyncApp, deps: Deps) -> None:
    """Details are for everybody who sees the message; handing it over is recorded."""

    @app.action(ids.MORE)
    async def more(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        user = body["user"]["id"]
        choice, _, value = value_of(body).partition(" ")

        async def hand(ref: ids.PlanRef) -> object:
            return await deps.intervention.hand(ref.incident, ref.plan, ref.digest, user)

        async def details(ref: ids.PlanRef) -> object:
            view = details_view(*await deps.approvals.shown(ref.incident, ref.plan))
            return await client.views_open(trigger_id=body["trigger_id"], view=view)

        # A choice of another release is none of ours, and so is what it carries.
        known = {ids.HAND: hand, ids.DETAILS: details}
        act, value = (known[choice], value) if choice in known else (details, "")
        await press(deps, client, place_of(body), user, value, act)
