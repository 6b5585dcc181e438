"""A short answer for one person only; a direct message where that can't be delivered."""

from __future__ import annotations

import logging

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

log = logging.getLogger(__name__)


async def whisper(
    client: AsyncWebClient, channel: str, user: str, text: str, thread_ts: str | None = None
) -> None:
    """Tell `user` alone. A click is never ignored in silence."""
    try:
        await client.chat_postEphemeral(
            channel=channel, user=user, text=text, thread_ts=thread_ts
        )
    except SlackApiError as error:
        log.info("no ephemeral in %s: %s", channel, error.response.get("error"))
        await client.chat_postMessage(channel=user, text=text)
