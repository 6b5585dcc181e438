"""Says in the channel that the ledger can't be written, and that it can again; needs no ledger."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.incidents.cancellation import end_if_cancelled
from bot.slack import ids

log = logging.getLogger(__name__)
_EVERY_SECONDS = 5.0
_SURE = 2
"""Looks in a row that must say the same: a server that restarts is no trouble."""
_LOOKED_BACK = 200
"""Messages of the channel among which its own last word is looked for."""


class Voice:
    """One message when trouble begins and one when it ends, whoever restarts meanwhile.

    What was said last stands in the channel itself. Weakness: two processes that look in the same
    second may both speak.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        channel: str,
        trouble: Callable[[], Awaitable[str | None]],
    ) -> None:
        """`trouble`: why the ledger can't be written now, in a few words; None where it can."""
        self._client = client
        self._channel = channel
        self._trouble = trouble
        self._in_trouble: bool | None = None
        """As it was said last; None until that was looked up."""
        self._differs = 0

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.look()
            except Exception as error:
                log.warning("what the ledger does can't be said in Slack, tried again: %s", error)
            end_if_cancelled()
            await asyncio.sleep(_EVERY_SECONDS)

    async def look(self) -> None:
        """Look at the ledger, and speak where it is otherwise than was said last."""
        why = await self._trouble()
        if self._in_trouble is None:
            self._in_trouble = await self._said_last()
        if (why is not None) == self._in_trouble:
            self._differs = 0
            return
        self._differs += 1
        if self._differs < _SURE:
            return
        # Another process may have said it already.
        self._in_trouble = await self._said_last()
        if (why is not None) != self._in_trouble:
            await self._say(why)
            self._in_trouble = why is not None
        self._differs = 0

    async def _said_last(self) -> bool:
        answer = await self._client.conversations_history(
            channel=self._channel, limit=_LOOKED_BACK, include_all_metadata=True
        )
        messages: list[dict[str, Any]] = answer.get("messages") or []
        for message in messages:
            metadata = message.get("metadata") or {}
            if metadata.get("event_type") == ids.VOICE:
                return bool(metadata["event_payload"]["trouble"])
        return False

    async def _say(self, why: str | None) -> None:
        await self._client.chat_postMessage(
            channel=self._channel,
            text=_well() if why is None else _cannot(why),
            metadata={"event_type": ids.VOICE, "event_payload": {"trouble": why is not None}},
        )


def _cannot(why: str) -> str:
    return (
        f"I can't write to my ledger ({why}). Until that is mended nothing will be run and no"
        " incident is recorded: decide and act without me. Alerts are refused, so that their"
        " senders keep them. What to mend: the server behind REDIS_URL."
    )


def _well() -> str:
    return (
        "I can write to my ledger again. Alerts refused meanwhile come with their senders' next"
        " try; what was approved goes on."
    )
