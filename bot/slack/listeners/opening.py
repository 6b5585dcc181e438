"""Open incident, chosen on a message."""

from __future__ import annotations

import logging
from typing import Any, cast

from aiohttp import ClientError
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.incident import Incident
from bot.domain.values import Severity
from bot.slack import ids
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.shortcut import address_of, answered, left_in, text_of, where_of
from bot.slack.listeners.speak import speak
from bot.slack.origin import Origin
from bot.slack.views.links import anchor
from bot.slack.views.shortcuts import NO_SERVICE, opening_view
from bot.slack.views.text import safe

log = logging.getLogger(__name__)
_CARD_SECONDS = 15.0
"""How long the reply waits for the card that it links to."""


def register(app: AsyncApp, deps: Deps) -> None:
    """A modal first: what the message says is shown to others only as the person leaves it."""

    @app.shortcut(ids.OPEN_INCIDENT)
    async def ask(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        user = body["user"]["id"]

        async def act(origin: Origin) -> str | None:
            await deps.opening.require(user)
            known = await deps.opening.known(origin.fingerprint)
            if known:
                return await _already(deps, known)
            text = await text_of(deps, body)
            view = opening_view(
                origin,
                text,
                deps.opening.services,
                deps.opening.named_in(text),
                await where_of(deps, origin),
            )
            await client.views_open(trigger_id=body["trigger_id"], view=view)
            return None

        await answered(deps, client, Origin.of(body), user, act)

    @app.view(ids.OPEN_INCIDENT_VIEW)
    async def submitted(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        view, user = body["view"], body["user"]["id"]
        if not left_in(view, "title"):
            await ack(response_action="errors", errors={"title": "Say what is wrong."})
            return
        await ack()

        async def act(origin: Origin) -> str | None:
            return await _open(deps, client, origin, user, view)

        await answered(deps, client, Origin.unpack(view["private_metadata"]), user, act)


async def _open(
    deps: Deps, client: AsyncWebClient, origin: Origin, user: str, view: dict[str, Any]
) -> str | None:
    title, text, service = (left_in(view, name) for name in ("title", "text", "service"))
    opened = await deps.opening.by_hand(
        text or title,
        cast(Severity, left_in(view, "severity")),
        user,
        fingerprint=origin.fingerprint,
        service="" if service == NO_SERVICE else service,
        title=title,
    )
    incident = opened.incident
    if not opened.fresh:
        return await _already(deps, incident)
    try:
        address = await address_of(client, origin)
        await deps.notes.add(incident.id, user, text or title, author=origin.author, url=address)
    except Exception:
        # It is open, and nobody may be told that nothing was changed.
        log.exception("%s: the message that it was opened from could not be noted", incident.id)
    name = await _linked(deps, incident, _CARD_SECONDS)
    words = f"{safe(await deps.directory.name(user))} opened {name} from this message."
    try:
        await speak(client, origin.channel, origin.root, words)
    except (SlackApiError, ClientError, TimeoutError) as error:
        log.info("%s: no reply where it was opened from: %s", incident.id, error)
        return f"{name} is open."
    return None


async def _already(deps: Deps, incident: Incident) -> str:
    over = " It is resolved." if incident.resolved_at else ""
    return f"{await _linked(deps, incident)} was opened from this message already.{over}"


async def _linked(deps: Deps, incident: Incident, within_seconds: float = 0.0) -> str:
    """Its id, as a link where its card is posted in time."""
    link = await deps.addresses.card(incident.id, within_seconds)
    return anchor(incident.id, link) if link else incident.id
