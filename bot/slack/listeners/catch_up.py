"""Catch me up, chosen on a message: for that person alone."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import ids
from bot.slack.listeners.commands import answered as commanded
from bot.slack.listeners.commands import say_alone
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.shortcut import answered, left_in, to_choose_from
from bot.slack.listeners.verbs import Asked
from bot.slack.origin import Origin
from bot.slack.views.shortcuts import catching_up_view


def register(app: AsyncApp, deps: Deps) -> None:
    """In an incident's thread that incident; elsewhere it is asked which."""

    @app.shortcut(ids.CATCH_ME_UP)
    async def chosen(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        user = body["user"]["id"]

        async def act(origin: Origin) -> None:
            incident = await deps.slots.incident_at(origin.channel, origin.root)
            if incident:
                await _tell(deps, origin, user, incident, body["trigger_id"])
                return
            view = catching_up_view(origin, await to_choose_from(deps, user))
            await client.views_open(trigger_id=body["trigger_id"], view=view)

        await answered(deps, client, Origin.of(body), user, act)

    @app.view(ids.CATCH_UP_VIEW)
    async def submitted(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        view, user = body["view"], body["user"]["id"]

        async def act(origin: Origin) -> None:
            await _tell(deps, origin, user, left_in(view, "incident"), view["id"])

        await answered(deps, client, Origin.unpack(view["private_metadata"]), user, act)


async def _tell(deps: Deps, origin: Origin, user: str, incident: str, once: str) -> None:
    """As the command does, which asks who may look."""
    asked = Asked(user=user, channel=origin.channel, thread_ts=origin.thread_ts, once=once)
    await say_alone(deps, asked, await commanded(deps, asked, f"catchup {incident}"))
