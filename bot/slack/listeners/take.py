"""I'm on it."""

from __future__ import annotations

import logging
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.refusals import CommandRefusedError
from bot.slack import ids
from bot.slack.listeners import sight
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.refusal import failed, told
from bot.slack.listeners.whisper import whisper

log = logging.getLogger(__name__)


def register(app: AsyncApp, deps: Deps) -> None:
    """Whoever presses it has it; the calls stop."""

    @app.action(ids.TAKE)
    async def take(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        user = body["user"]["id"]
        incident = str(body["actions"][0].get("value") or "")
        container = body.get("container") or {}
        place = container.get("channel_id"), user
        thread = container.get("thread_ts")
        try:
            await sight.require(deps, user, str(place[0] or user))
            await deps.takeover.take(incident, user)
        except CommandRefusedError as refused:
            await whisper(client, *place, await told(refused, deps.directory), thread)
        except Exception as error:
            log.exception("%s could not be taken by %s", incident, user)
            await whisper(client, *place, failed(error), thread)
