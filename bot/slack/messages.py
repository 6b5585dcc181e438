"""Posting and editing one slot's message so that a crash neither doubles nor loses it."""

from __future__ import annotations

import logging
import time
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.crashpoints import crashpoint
from bot.domain.ports import Posted, SlotStore
from bot.domain.values import is_person
from bot.redaction.redactor import Redactor
from bot.slack import ids
from bot.slack.slots import Slot

log = logging.getLogger(__name__)
_POST_SECONDS = 1.0
"""Slack takes about one message a second in a channel."""
_EDIT_SECONDS = 3.0
"""Between two edits of one message that change no state."""
_EDITS_SECONDS = 1.5
"""Between two edits in the whole workspace: 40 a minute."""
_GONE = ("message_not_found", "thread_not_found")


class NotYetError(Exception):
    """The budget is spent for now. Says for how many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"not before {seconds:.1f} s")
        self.seconds = seconds


class ThreadGoneError(Exception):
    """The message that the thread hung on was deleted in Slack."""


class Messages:
    """Brings one slot to what it should be."""

    def __init__(
        self, client: AsyncWebClient, store: SlotStore, redactor: Redactor | None = None
    ) -> None:
        self._redactor = redactor or Redactor()
        self._client = client
        self._store = store
        self._links: dict[tuple[str, str], str] = {}

    async def reconcile(
        self, incident: str, slot: Slot, posted: Posted | None, channel: str, thread: str | None
    ) -> Posted:
        """Post it, edit it or leave it. Raises NotYetError, ThreadGoneError, SlackApiError."""
        if posted is not None and posted.status == "posting":
            posted = await self._find(incident, slot, posted, thread)
        if posted is None:
            return await self._post(incident, slot, channel, thread)
        if posted.hash == slot.hash:
            return posted
        return await self._edit(incident, slot, posted)

    async def permalink(self, posted: Posted) -> str | None:
        """Where the message is; None where it was deleted in Slack."""
        place = (posted.channel, posted.ts)
        if place not in self._links:
            try:
                answer = await self._client.chat_getPermalink(
                    channel=posted.channel, message_ts=posted.ts
                )
            except SlackApiError as error:
                if error.response.get("error") not in _GONE:
                    raise
                return None
            self._links[place] = str(answer["permalink"])
        return self._links[place]

    async def _post(self, incident: str, slot: Slot, channel: str, thread: str | None) -> Posted:
        await self._turn(f"post:{channel}", _POST_SECONDS)
        begun = Posted(status="posting", channel=channel)
        await self._store.save(incident, slot.id, begun)
        crashpoint("S1")
        try:
            answer = await self._client.chat_postMessage(
                channel=channel,
                thread_ts=thread,
                **self.said(slot),
                metadata={
                    "event_type": ids.METADATA,
                    "event_payload": {"incident": incident, "slot": slot.id},
                },
                unfurl_links=False,
                unfurl_media=False,
            )
        except SlackApiError as error:
            if thread and error.response.get("error") in _GONE:
                raise ThreadGoneError(f"{channel} {thread}") from error
            raise
        crashpoint("S2")
        return await self._saved(incident, slot, str(answer["channel"]), str(answer["ts"]))

    async def _edit(self, incident: str, slot: Slot, posted: Posted) -> Posted:
        if slot.state == posted.state:
            rest = _EDIT_SECONDS - (time.time() - posted.edited_at)
            if rest > 0:
                raise NotYetError(rest)
            await self._turn("edit", _EDITS_SECONDS)
        try:
            await self._client.chat_update(channel=posted.channel, ts=posted.ts, **self.said(slot))
        except SlackApiError as error:
            if error.response.get("error") not in (*_GONE, "cant_update_message"):
                raise
            log.warning("%s: the message of %s is gone from Slack", incident, slot.id)
        return await self._saved(incident, slot, posted.channel, posted.ts)

    def said(self, slot: Slot) -> dict[str, Any]:
        """Raises RedactionFailedError; then it is not said."""
        said = self._redactor.clean_all({"text": slot.text, "blocks": list(slot.blocks)})
        return dict(said)

    async def _saved(self, incident: str, slot: Slot, channel: str, ts: str) -> Posted:
        posted = Posted(
            status="posted",
            channel=channel,
            ts=ts,
            hash=slot.hash,
            state=slot.state,
            edited_at=time.time(),
        )
        await self._store.save(incident, slot.id, posted)
        return posted

    async def _find(
        self, incident: str, slot: Slot, begun: Posted, thread: str | None
    ) -> Posted | None:
        """The message of a post whose answer was never heard; None where it never arrived.

        A direct message can't be looked for: its channel is what the answer would have said. Told
        twice is better than not at all.
        """
        if is_person(begun.channel):
            return None
        cursor = ""
        while True:
            page: dict[str, Any] = {"limit": 200, "cursor": cursor, "include_all_metadata": True}
            if thread:
                answer = await self._client.conversations_replies(
                    channel=begun.channel, ts=thread, **page
                )
            else:
                answer = await self._client.conversations_history(channel=begun.channel, **page)
            found: list[dict[str, Any]] = answer.get("messages") or []
            for message in found:
                payload = (message.get("metadata") or {}).get("event_payload") or {}
                if payload == {"incident": incident, "slot": slot.id}:
                    return Posted(status="posted", channel=begun.channel, ts=str(message["ts"]))
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return None

    async def _turn(self, budget: str, seconds: float) -> None:
        rest = await self._store.turn(budget, seconds)
        if rest > 0:
            raise NotYetError(rest)
