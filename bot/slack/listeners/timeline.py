"""Attach to incident and Add to timeline, chosen on a message."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import ids
from bot.slack.listeners import sight
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.shortcut import (
    address_of,
    answered,
    left_in,
    text_of,
    to_choose_from,
    where_of,
)
from bot.slack.origin import Origin
from bot.slack.views.shortcuts import attaching_view


def register(app: AsyncApp, deps: Deps) -> None:
    """In an incident's own thread nothing is asked: whoever reads the note reads the message."""

    @app.shortcut(ids.ATTACH_INCIDENT)
    async def attach(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()

        async def act(origin: Origin) -> str | None:
            await _offer(deps, client, origin, body, "Attach to incident")
            return None

        await answered(deps, client, Origin.of(body), body["user"]["id"], act)

    @app.shortcut(ids.ADD_TO_TIMELINE)
    async def add(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        user = body["user"]["id"]

        async def act(origin: Origin) -> str | None:
            incident = await deps.slots.incident_at(origin.channel, origin.root)
            if incident is None:
                await _offer(deps, client, origin, body, "Add to timeline")
                return None
            text = await text_of(deps, body)
            return await _noted(deps, client, origin, user, incident, text)

        await answered(deps, client, Origin.of(body), user, act)

    @app.view(ids.ATTACH_VIEW)
    async def submitted(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        view, user = body["view"], body["user"]["id"]
        text = left_in(view, "text")
        if not text:
            await ack(response_action="errors", errors={"text": "Say what is to be kept."})
            return
        await ack()

        async def act(origin: Origin) -> str | None:
            return await _noted(deps, client, origin, user, left_in(view, "incident"), text)

        await answered(deps, client, Origin.unpack(view["private_metadata"]), user, act)


async def _offer(
    deps: Deps, client: AsyncWebClient, origin: Origin, body: dict[str, Any], title: str
) -> None:
    user = body["user"]["id"]
    await deps.notes.require(user)
    here = await deps.slots.incident_at(origin.channel, origin.root)
    view = attaching_view(
        origin,
        await text_of(deps, body),
        await to_choose_from(deps, user, here),
        await where_of(deps, origin),
        title,
    )
    await client.views_open(trigger_id=body["trigger_id"], view=view)


async def _noted(
    deps: Deps, client: AsyncWebClient, origin: Origin, user: str, incident: str, text: str
) -> str:
    """What to tell of it. The same message is noted once."""
    await sight.require(deps, user, origin.channel)
    address = await address_of(client, origin)
    fresh = await deps.notes.add(incident, user, text, author=origin.author, url=address)
    return (
        f"{'Added to' if fresh else 'It is in'} {incident}'s timeline{'' if fresh else ' already'}."
    )
