"""Posting and editing one slot's message so that a crash neither doubles nor loses it."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.crashpoints import crashpoint
from bot.domain.ports import Posted, SlotStore
from bot.redaction.redactor import Redactor
from bot.slack import ids
from bot.slack.posting.rates import EDIT, HISTORY, LINK, POST, REPLIES, NotYetError, Rates
from bot.slack.posting.refused import GONE, ThreadGoneError, not_posted, unknown_block
from bot.slack.slots import Slot

log = logging.getLogger(__name__)
_EDIT_SECONDS = 3.0
"""Between two edits of one message that change no state."""
_LOOK_BACK_SECONDS = 600.0
"""How long before a post was begun it is looked for: clocks differ."""
_PLAN = "plan"

Send = Callable[[dict[str, Any]], Awaitable[Any]]


class Messages:
    """Brings one slot to what it should be."""

    def __init__(self, client: AsyncWebClient, store: SlotStore, redactor: Redactor) -> None:
        self._redactor = redactor
        # It tries nothing a second time by itself: a post whose answer was cut off may have
        # arrived, and one that was refused for its number is everybody's to wait for.
        self._client = AsyncWebClient(
            token=client.token, base_url=client.base_url, timeout=client.timeout, retry_handlers=[]
        )
        self._store = store
        self._rates = Rates(store)
        self._links: dict[tuple[str, str], str] = {}

    async def reconcile(
        self,
        incident: str,
        slot: Slot,
        posted: Posted | None,
        channel: str,
        thread: str | None,
        *,
        urgent: bool = False,
        heard: str = "",
    ) -> Posted | None:
        """Post it, edit it or leave it; None where it isn't there and needn't be any more.

        `urgent`: it goes before what others post. `heard`: what a person said last.
        Raises NotYetError, ThreadGoneError, SlackApiError.
        """
        if posted is not None and posted.status == "refused":
            return posted
        if posted is not None and posted.status == "posting":
            posted = await self._find(incident, slot, posted, thread)
        if posted is not None:
            return posted if posted.hash == slot.hash else await self._edit(incident, slot, posted)
        if slot.moot:
            await self._store.forget(incident, slot.id)
            return None
        await self._rates.turn(POST, channel, urgent=urgent or slot.rings)
        return await self._post(incident, slot, channel, thread, heard)

    async def permalink(self, posted: Posted) -> str | None:
        """Where the message is; None where it was deleted in Slack."""
        place = (posted.channel, posted.ts)
        if place not in self._links:
            try:
                call = self._client.chat_getPermalink(channel=posted.channel, message_ts=posted.ts)
                answer = await self._rates.answer(LINK, call)
            except SlackApiError as error:
                if error.response.get("error") not in GONE:
                    raise
                return None
            self._links[place] = str(answer["permalink"])
        return self._links[place]

    async def _post(
        self, incident: str, slot: Slot, channel: str, thread: str | None, heard: str
    ) -> Posted:
        begun = Posted(status="posting", channel=channel, edited_at=time.time())
        await self._store.save(incident, slot.id, begun)
        crashpoint("S1")

        async def send(said: dict[str, Any]) -> Any:
            return await self._client.chat_postMessage(
                channel=channel,
                thread_ts=thread,
                reply_broadcast=(slot.broadcast and thread is not None) or None,
                **said,
                metadata={
                    "event_type": ids.METADATA,
                    "event_payload": {"incident": incident, "slot": slot.id},
                },
                unfurl_links=False,
                unfurl_media=False,
            )

        try:
            answer = await self._rates.answer(POST, self._sent(slot, send))
        except NotYetError:
            await self._store.forget(incident, slot.id)
            raise
        except SlackApiError as error:
            if not_posted(error):
                await self._store.forget(incident, slot.id)
            if thread and error.response.get("error") in GONE:
                raise ThreadGoneError(f"{channel} {thread}") from error
            raise
        crashpoint("S2")
        place = str(answer["channel"]), str(answer["ts"])
        return await self._saved(incident, slot, *place, heard=heard)

    async def _edit(self, incident: str, slot: Slot, posted: Posted) -> Posted:
        changes = slot.state != posted.state
        rest = _EDIT_SECONDS - (time.time() - posted.edited_at)
        if rest > 0 and not changes:
            raise NotYetError(rest)
        await self._rates.turn(EDIT, urgent=changes)

        async def send(said: dict[str, Any]) -> Any:
            return await self._client.chat_update(channel=posted.channel, ts=posted.ts, **said)

        try:
            await self._rates.answer(EDIT, self._sent(slot, send))
        except SlackApiError as error:
            if error.response.get("error") not in (*GONE, "cant_update_message"):
                raise
            log.warning("%s: the message of %s is gone from Slack", incident, slot.id)
        return await self._saved(incident, slot, posted.channel, posted.ts, heard=posted.heard)

    def said(self, slot: Slot) -> dict[str, Any]:
        """Raises RedactionFailedError; then it is not said."""
        said = self._redactor.clean_all({"text": slot.text, "blocks": list(slot.blocks)})
        return dict(said)

    async def _sent(self, slot: Slot, send: Send) -> Any:
        """Sent as it is, or plainly to a server that doesn't know a block of it.

        Raises RedactionFailedError; then it is not said.
        """
        plainly = slot.model_copy(update={"blocks": slot.plain})
        if slot.plain and await self._store.lacks(_PLAN):
            return await send(self.said(plainly))
        try:
            return await send(self.said(slot))
        except SlackApiError as error:
            if not slot.plain or not unknown_block(error):
                raise
            log.warning("this Slack takes no %s block, so it is written out: %s", _PLAN, error)
        answer = await send(self.said(plainly))
        await self._store.lacking(_PLAN)
        return answer

    async def _saved(
        self, incident: str, slot: Slot, channel: str, ts: str, *, heard: str
    ) -> Posted:
        posted = Posted(
            status="posted",
            channel=channel,
            ts=ts,
            hash=slot.hash,
            state=slot.state,
            edited_at=time.time(),
            heard=heard,
        )
        await self._store.save(incident, slot.id, posted)
        return posted

    async def _find(
        self, incident: str, slot: Slot, begun: Posted, thread: str | None
    ) -> Posted | None:
        """The message of a post whose answer was never heard; None where it never arrived.

        Weakness: a direct message can't be looked up by the person's id, so after a crash it may
        be told twice, which is better than not at all.
        """
        by_person = begun.channel[:1] in ("U", "W")
        cursor: str | None = None if by_person else ""
        while cursor is not None:
            page: dict[str, Any] = {
                "channel": begun.channel,
                "limit": 200,
                "cursor": cursor,
                "include_all_metadata": True,
                "oldest": f"{max(0.0, begun.edited_at - _LOOK_BACK_SECONDS):.6f}",
            }
            if thread:
                await self._rates.turn(REPLIES, urgent=True)
                call = self._client.conversations_replies(ts=thread, **page)
                answer = await self._rates.answer(REPLIES, call)
            else:
                await self._rates.turn(HISTORY, urgent=True)
                call = self._client.conversations_history(**page)
                answer = await self._rates.answer(HISTORY, call)
            found: list[dict[str, Any]] = answer.get("messages") or []
            for message in found:
                payload = (message.get("metadata") or {}).get("event_payload") or {}
                if payload == {"incident": incident, "slot": slot.id}:
                    return Posted(status="posted", channel=begun.channel, ts=str(message["ts"]))
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or None
        return None
