"""A window that says that something is being done, and then what came of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.ids import Place
from bot.slack.listeners.whisper import whisper
from bot.slack.views.text import Block

log = logging.getLogger(__name__)
_SHOWN_SECONDS = 1.0
"""What the acknowledgement shows may arrive after an update that is sent right behind it."""


async def tell_in_window(
    client: AsyncWebClient,
    view_id: str,
    place: Place,
    user: str,
    work: Awaitable[str],
    view: Callable[[str], Block],
) -> None:
    """Show what `work` says, once it is done, as `view` frames it; where the window is closed by
    then, tell `user` at `place`."""
    words, _ = await asyncio.gather(work, asyncio.sleep(_SHOWN_SECONDS))
    channel, thread = place
    try:
        await client.views_update(view_id=view_id, view=view(words))
    except (SlackApiError, ClientError, TimeoutError) as error:
        log.info("the window of %s is gone: %s", user, error)
        await whisper(client, channel, user, words, thread)
