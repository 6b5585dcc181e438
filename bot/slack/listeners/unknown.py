"""Buttons this release doesn't know: answered, never ignored."""

from __future__ import annotations

import re
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.listeners.whisper import whisper


def register(app: AsyncApp) -> None:
    @app.action(re.compile(".*"))
    async def unknown(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        container = body.get("container") or {}
        text = "I don't know this button. Look for a newer message in the thread."
        await whisper(
            client,
            container.get("channel_id"),
            body["user"]["id"],
            text,
            container.get("thread_ts"),
        )
