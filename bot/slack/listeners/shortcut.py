"""A shortcut was chosen on a message: what all of them have in common."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.incident import Incident
from bot.domain.refusals import CommandRefusedError
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.press import attempt
from bot.slack.listeners.whisper import whisper
from bot.slack.origin import Origin, users_in, words_of
from bot.slack.views.shortcuts import MOST_LISTED, VALUE, where_told

log = logging.getLogger(__name__)
GONE = "This window is not one of mine any more. Choose the shortcut again."


async def answered(
    deps: Deps,
    client: AsyncWebClient,
    origin: Origin | None,
    user: str,
    act: Callable[[Origin], Awaitable[str | None]],
) -> None:
    """Do it. What `act` returns, or why it can't be, is told that person alone."""
    if origin is None:
        await whisper(client, None, user, GONE)
        return
    place, what = (origin.channel, origin.thread_ts), f"a shortcut on {origin.fingerprint}"
    words = await attempt(deps, client, place, user, act(origin), what)
    if words:
        await whisper(client, origin.channel, user, words, origin.thread_ts)


async def text_of(deps: Deps, body: dict[str, Any]) -> str:
    """What the message says, with people by their names."""
    people = await deps.directory.people(users_in(body))
    return words_of(body, dict(people.names))


async def where_of(deps: Deps, origin: Origin) -> str:
    """Who will read what is taken over from there."""
    here = origin.channel == deps.channel
    public = here or await deps.directory.is_public(origin.channel)
    return where_told(deps.channel, here=here, public=public)


async def to_choose_from(deps: Deps, user: str, first: str | None = None) -> list[Incident]:
    """The latest open incidents, `first` before the others. Raises CommandRefusedError."""
    if not await deps.directory.may_see(user, deps.channel):
        raise CommandRefusedError("you can't see the channel in which incidents are")
    found = list(reversed(await deps.board.look(MOST_LISTED)))
    if not found:
        raise CommandRefusedError("no incident is open; choose Open incident to open one")
    return sorted(found, key=lambda incident: incident.id != first)


async def address_of(client: AsyncWebClient, origin: Origin) -> str:
    """Where the message is; as Slack would say where it doesn't, for it is not ours to see."""
    try:
        answer = await client.chat_getPermalink(channel=origin.channel, message_ts=origin.ts)
    except (SlackApiError, ClientError, TimeoutError) as error:
        log.info("Slack tells no address of %s: %s", origin.fingerprint, error)
        return origin.address
    return str(answer["permalink"])


def left_in(view: dict[str, Any], name: str) -> str:
    """What was typed or picked in that input of a modal; empty where nothing was."""
    found: dict[str, Any] = view["state"]["values"].get(name, {}).get(VALUE) or {}
    option = found.get("selected_option")
    return str(option["value"] if option else found.get("value") or "").strip()
