"""Watches the thread: reads it, shows it, and presses the button for whoever decides."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from redis.exceptions import RedisError
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.ports import SlotStore
from bot.sandbox.plays import Decider
from bot.sandbox.slack.person import Person
from bot.slack import ids
from bot.slack.plain import plain

_LOOK_SECONDS = 0.15


class Audience:
    """Reads an incident's thread over Slack's own API, local or real."""

    def __init__(self, client: AsyncWebClient, slots: SlotStore) -> None:
        self._client = client
        self._slots = slots
        self._seen: dict[str, str] = {}

    async def thread(self, incident: str) -> list[dict[str, Any]]:
        """Its messages, the card first; empty while there is none."""
        card = (await self._slots.all(incident)).get("card")
        if card is None or not card.ts:
            return []
        try:
            answer = await self._client.conversations_replies(
                channel=card.channel, ts=card.ts, limit=200
            )
        except SlackApiError:
            return []
        found: list[dict[str, Any]] = answer.get("messages") or []
        return found

    async def news(self, incident: str, tell: Callable[[str], None]) -> None:
        """Tell each message that is new or has changed since the last look."""
        for message in await self.thread(incident):
            text = plain(message)
            before = self._seen.get(message["ts"])
            if before != text:
                self._seen[message["ts"]] = text
                mark = "┌" if before is None else "├ now"
                tell(f"{mark} {text.replace(chr(10), chr(10) + '│ ')}\n")


async def decide(page_url: str, decider: Decider, user: str, seconds: float) -> None:
    """Press Approve or Reject as a person would, once the approval is there."""
    async with Person(page_url, user) as person:
        label = ids.APPROVE if decider == "approve" else ids.REJECT
        message = await person.wait_for(
            lambda m: any(b.action_id == label for b in m.buttons), timeout=seconds
        )
        await person.click(message, label)
        if decider == "reject":
            view = await person.wait_for_view()
            reason = {"reason": {"text": "wait for the DBA"}}
            await person.submit(view["id"], reason)


async def every(look: Callable[[], Any], until: Callable[[], Any], seconds: float) -> bool:
    """Look again and again until it holds; False where it didn't within `seconds`."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while loop.time() < end:
        # A store that is away for a moment is a drill's doing: it is looked at again.
        with suppress(RedisError):
            await look()
            if await until():
                return True
        await asyncio.sleep(_LOOK_SECONDS)
    return False
