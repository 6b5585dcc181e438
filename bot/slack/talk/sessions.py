"""Says in a thread that opsbot is at work, so that Slack shows its stop button."""

from __future__ import annotations

import logging
from typing import Literal

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

log = logging.getLogger(__name__)
Status = Literal["processing", "active", "closed"]
_TITLE = 200


class Sessions:
    """A courtesy: where the server knows no sessions, the nearest it has, or nothing."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._known = True

    async def say(self, channel: str, thread_ts: str, status: Status, title: str = "") -> None:
        """Never raises: no answer may hang on it."""
        try:
            if self._known:
                await self._client.agents_sessions_setStatus(
                    channel_id=channel,
                    thread_ts=thread_ts,
                    status=status,
                    title=title[:_TITLE] or None,
                )
                return
        except (SlackApiError, ClientError, TimeoutError, OSError) as error:
            unknown = (
                isinstance(error, SlackApiError) and error.response.get("error") == "unknown_method"
            )
            if not unknown:
                log.info("%s %s: no session: %s", channel, thread_ts, error)
                return
            self._known = False
        try:
            line = "is looking into it…" if status == "processing" else ""
            await self._client.assistant_threads_setStatus(
                channel_id=channel, thread_ts=thread_ts, status=line
            )
        except (SlackApiError, ClientError, TimeoutError, OSError) as error:
            log.info("%s %s: no status: %s", channel, thread_ts, error)
