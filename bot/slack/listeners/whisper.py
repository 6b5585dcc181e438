"""A short answer for one person only; a direct message where that can't be delivered."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.listeners.speak import speak
from bot.slack.views.text import Block

log = logging.getLogger(__name__)


async def whisper(
    client: AsyncWebClient,
    channel: str | None,
    user: str,
    text: str,
    thread_ts: str | None = None,
    blocks: Sequence[Block] | None = None,
) -> None:
    """Tell `user` alone. A click is never ignored in silence, unless Slack itself is away."""
    try:
        if channel:
            await client.chat_postEphemeral(
                channel=channel, user=user, text=text, thread_ts=thread_ts, blocks=blocks
            )
            return
    except (SlackApiError, ClientError, TimeoutError) as error:
        log.info("no ephemeral in %s: %s", channel, error)
    try:
        await speak(client, user, None, text, blocks)
    except (SlackApiError, ClientError, TimeoutError) as error:
        log.warning("%s could not be told %r: %s", user, text, error)
