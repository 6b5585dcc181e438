"""Each event and each click is handled once, however often Slack sends it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncApp

from bot.domain.ports import SlotStore

log = logging.getLogger(__name__)
_REMEMBER_SECONDS = 3600.0
"""Slack sends an event again at once, after 1 minute and after 5; a replay passes for 5."""
_PATIENCE_SECONDS = 1.0
"""Slack wants its acknowledgement within 3."""


def register(app: AsyncApp, slots: SlotStore) -> None:
    """Comes before every listener. While the store is down nothing is held back."""

    @app.middleware
    async def once(
        body: dict[str, Any], next_: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse:
        delivery = body.get("event_id") or body.get("trigger_id")
        if delivery and await _seen(slots, str(delivery)):
            log.info("%s came again", delivery)
            return BoltResponse(status=200)
        return await next_()


async def _seen(slots: SlotStore, delivery: str) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await slots.turn(f"delivery:{delivery}", _REMEMBER_SECONDS) > 0
    except Exception:
        log.exception("whether %s was handled already can't be told", delivery)
        return False
