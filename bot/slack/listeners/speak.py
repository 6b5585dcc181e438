"""Something said at once, for everybody who is there."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.views.text import Block


async def speak(
    client: AsyncWebClient,
    channel: str,
    thread_ts: str | None,
    text: str,
    blocks: Sequence[Block] | None = None,
) -> None:
    """Links are not unfurled: what they lead to is told already. Raises what Slack raises.

    Bolt's own `say` stumbles over our metadata in the thread of a direct message.
    """
    await client.chat_postMessage(
        channel=channel,
        thread_ts=thread_ts,
        text=text,
        blocks=blocks,
        unfurl_links=False,
        unfurl_media=False,
    )
