"""I'm on it, for a whole storm, and a thread for one incident of it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.refusals import CommandRefusedError
from bot.slack import ids
from bot.slack.listeners import sight
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.press import place_of, value_of
from bot.slack.listeners.refusal import failed, told
from bot.slack.listeners.whisper import whisper

log = logging.getLogger(__name__)


def register(app: AsyncApp, deps: Deps) -> None:
    """What either brings about is seen on the card."""

    async def act(
        body: dict[str, Any], client: AsyncWebClient, does: Callable[[str], Awaitable[object]]
    ) -> None:
        (channel, thread), user = place_of(body), str(body["user"]["id"])
        try:
            await sight.require(deps, user, channel)
            await does(user)
        except CommandRefusedError as refused:
            await whisper(client, channel, user, await told(refused, deps.directory), thread)
        except Exception as error:
            log.exception("a storm's button by %s failed", user)
            await whisper(client, channel, user, failed(error), thread)

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
