"""Where an incident's messages are in Slack."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError

from bot.domain.ports import SlotStore
from bot.slack.posting.messages import Messages
from bot.slack.posting.rates import NotYetError

log = logging.getLogger(__name__)
_PAUSE_SECONDS = 0.3


class Addresses:
    """Permalinks by slot; one that is not known yet, or that Slack doesn't tell, is left out."""

    def __init__(self, slots: SlotStore, messages: Messages) -> None:
        self._slots = slots
        self._messages = messages

    async def of(self, incident_id: str, *slots: str) -> dict[str, str]:
        posted = await self._slots.all(incident_id)
        found: dict[str, str] = {}
        for slot in slots:
            if slot not in posted or not posted[slot].ts:
                continue
            try:
                link = await self._messages.permalink(posted[slot])
            except (NotYetError, SlackApiError, ClientError, TimeoutError) as error:
                log.info("%s: no address of %s: %s", incident_id, slot, error)
                continue
            if link:
                found[slot] = link
        return found

    async def each(self, slots: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Incident → address of that message of it, such as `("INC-1", "card")`."""
        asked = dict(slots)
        found = await asyncio.gather(*(self.of(*pair) for pair in asked.items()))
        return {
            incident: links[slot]
            for (incident, slot), links in zip(asked.items(), found, strict=True)
            if slot in links
        }

    async def card(self, incident_id: str, within_seconds: float = 0.0) -> str:
        """Of an incident's card, waiting for it to be posted; empty where it isn't in time."""
        until = time.monotonic() + within_seconds
        while True:
            link = (await self.of(incident_id, "card")).get("card", "")
            if link or time.monotonic() >= until:
                return link
            await asyncio.sleep(_PAUSE_SECONDS)
