"""What a listener could not make sense of, or failed at: told to that person, and to the log."""

from __future__ import annotations

import asyncio
import logging
import traceback
from typing import Any

from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.listeners.press import NOT_OURS, place_of
from bot.slack.listeners.refusal import failed
from bot.slack.listeners.whisper import whisper

log = logging.getLogger(__name__)
_TAKEN_SECONDS = 0.1
"""After which Bolt has sent the acknowledgement: it looks every hundredth of a second."""
_UNREADABLE = (KeyError, IndexError, TypeError, ValueError, AttributeError)
"""What reading a payload of another shape than ours raises."""


def register(app: AsyncApp) -> None:
    """The last resort: a listener that has something better to say says it itself."""

    @app.error
    async def told(
        error: Exception, body: dict[str, Any], ack: AsyncAck, client: AsyncWebClient
    ) -> BoltResponse | None:
        if ack.response is not None:
            # Bolt forgets an acknowledgement where its listener fails right behind it.
            await asyncio.sleep(_TAKEN_SECONDS)
        unreadable = isinstance(error, _UNREADABLE)
        if unreadable:
            # Slack lets everybody send these as they like, and a trace each would drown the log.
            log.error("a payload can't be read: %r, %s", error, _where(error))
        else:
            log.error("a listener failed", exc_info=error)
        user = _person(body)
        if user:
            channel, thread = place_of(body) if body.get("container") else (None, None)
            words = NOT_OURS if unreadable else failed(error)
            await whisper(client, channel, user, words, thread)
        return BoltResponse(status=200) if ack.response is None else None


def _person(body: dict[str, Any]) -> str:
    """Whoever clicked, typed or sent something off; empty for what is no interaction."""
    user = body.get("user")
    found = user.get("id") if isinstance(user, dict) else body.get("user_id")
    return found if isinstance(found, str) else ""


def _where(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "nowhere"
