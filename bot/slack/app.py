"""The Bolt app: one client, every listener, one channel."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt import BoltResponse
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp, AsyncBoltContext
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.redaction.redactor import Redactor
from bot.slack.outgoing import Outgoing


class ChannelNotFoundError(Exception):
    """The channel of the settings isn't one opsbot can post in. Says what to click."""


def make_client(token: str, api_url: str, redactor: Redactor | None = None) -> AsyncWebClient:
    """A client that waits as Slack asks when it is told to slow down, and tells no secret.

    `redactor`: knows those of the settings; without it, what looks like one is taken out.
    """
    client = Outgoing(redactor or Redactor(), token=token, base_url=api_url, timeout=15)
    client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=2))
    return client


def make_app(client: AsyncWebClient, signing_secret: str | None) -> AsyncApp:
    """An app without listeners. Without a signing secret it can only be reached by a socket."""
    logging.getLogger("slack_bolt.AsyncApp").addFilter(_about_something)
    app = AsyncApp(
        client=client,
        signing_secret=signing_secret,
        request_verification_enabled=signing_secret is not None,
        process_before_response=False,
    )

    @app.middleware
    async def speaks(
        context: AsyncBoltContext, next_: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse:
        """Bolt makes a client of its own for each request, which would tell secrets."""
        context["client"] = client
        return await next_()

    return app


async def unreachable(client: AsyncWebClient, handler: AsyncSocketModeHandler | None) -> str | None:
    """Why Slack can't be worked with now; None where it can. Raises what the client raises."""
    await client.auth_test()
    if handler is not None and not await handler.client.is_connected():
        return "its socket is not connected"
    return None


async def find_channel(client: AsyncWebClient, wanted: str) -> str:
    """The id of `#name` or of an id. Raises ChannelNotFoundError."""
    if not wanted.startswith("#"):
        return wanted
    cursor = ""
    while True:
        answer = await client.conversations_list(
            types="public_channel,private_channel", limit=200, cursor=cursor
        )
        channels: list[dict[str, Any]] = answer.get("channels") or []
        for channel in channels:
            if channel["name"] == wanted.removeprefix("#"):
                return str(channel["id"])
        cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            raise ChannelNotFoundError(
                f"no channel {wanted!r} that opsbot can see: create it and type"
                f" `/invite @opsbot` in it, or set OPSBOT_CHANNEL"
            )


def _about_something(record: logging.LogRecord) -> bool:
    """Bolt reads SLACK_BOT_TOKEN by itself, then warns that the client wins, as it should."""
    return "`token` will be unused" not in record.getMessage()
