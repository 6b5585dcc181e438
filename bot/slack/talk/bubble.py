"""The message in which an answer grows: Slack's own stream, or a plain message edited in place."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Any

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.crashpoints import crashpoint
from bot.domain.ports import Posted, SlotStore
from bot.incidents.question import Question
from bot.slack import ids
from bot.slack.posting.messages import Messages
from bot.slack.posting.rates import STREAM_APPEND, STREAM_START, STREAM_STOP, NotYetError, Rates
from bot.slack.slots import Slot
from bot.slack.views.thinking import Task, changed, thinking_slot, thinking_title

log = logging.getLogger(__name__)
ROLL_SECONDS = 240.0
"""After which a stream goes on in another: Slack ends one after about five minutes."""
_PATIENCE_SECONDS = 400.0
"""How long the last words are tried; a stream that can't be ended dies before that."""
_RETRY_SECONDS = 2.0
_FAULTS = (SlackApiError, ClientError, TimeoutError, OSError)


class Bubble:
    """Its last words stand in Slack exactly once, whoever dies: the message is known from its first
    moment, and is edited to what it should say.

    Weakness: killed between a stream's start and its note, an empty stream is left, which Slack
    ends by itself.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        store: SlotStore,
        messages: Messages,
        stream: str,
        question: Question,
        *,
        native: bool,
    ) -> None:
        """`stream`: the ledger's, under which its message is noted. `native`: try Slack's own."""
        self._client = client
        self._store = store
        self._rates = Rates(store)
        self._messages = messages
        self._stream = stream
        self._question = question
        self.native = native
        self._slot = f"answer:{question.id}"
        self._posted: Posted | None = None
        self._growing = False
        self._began = 0.0
        self._tasks: tuple[Task, ...] = ()

    async def resume(self) -> None:
        """Take over the message that a process which died had begun."""
        self._posted = (await self._store.all(self._stream)).get(self._slot)

    async def show(self, tasks: Sequence[Task]) -> None:
        """What is looked at now; what Slack or its budget doesn't take now is shown later."""
        try:
            if not self._growing and self._posted is None and self.native:
                await self._start(tasks)
            elif self._growing:
                await self._grow(tasks)
            if not self._growing:
                await self._reconcile(thinking_slot(self._question, tasks))
        except NotYetError:
            return
        except _FAULTS as error:
            self._lost(error)

    async def finish(self, last: Slot) -> None:
        """Put the last words there, in the message that is there already."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                if self._growing and await self._stopped(last):
                    return
                await self._reconcile(last)
                return
            except NotYetError as later:
                rest = later.seconds
            except _FAULTS as error:
                log.warning("%s can't be answered yet: %s", self._stream, error)
                rest = _RETRY_SECONDS
                # A stream that nobody here feeds any more: end it, so that it can be edited.
                self._growing = self._posted is not None and _is(error, "streaming_state_conflict")
            if time.monotonic() > until:
                log.error("%s could not be answered in Slack", self._stream)
                return
            await asyncio.sleep(rest)

    async def _start(self, tasks: Sequence[Task]) -> None:
        try:
            await self._rates.turn(STREAM_START, urgent=True)
            await self._open(tasks)
        except NotYetError:
            self.native = False

    async def _open(self, tasks: Sequence[Task]) -> None:
        call = self._client.chat_startStream(
            channel=self._question.channel,
            thread_ts=self._question.thread_ts,
            recipient_user_id=self._question.by,
            recipient_team_id=self._question.team,
            task_display_mode="plan",
            chunks=self._chunks(tasks) or None,
        )
        answer = await self._rates.answer(STREAM_START, call)
        crashpoint("T1")
        ts = str(answer["ts"])
        self._posted = Posted(status="posted", channel=self._question.channel, ts=ts)
        await self._store.save(self._stream, self._slot, self._posted)
        self._growing, self._began, self._tasks = True, time.monotonic(), tuple(tasks)

    async def _grow(self, tasks: Sequence[Task]) -> None:
        if time.monotonic() - self._began > ROLL_SECONDS:
            await self._roll(tasks)
            return
        news = changed(self._tasks, tasks)
        if not news:
            return
        await self._rates.turn(STREAM_APPEND)
        chunks = self._chunks(news) if not self._tasks else list(map(_chunk, news))
        call = self._client.chat_appendStream(**self._place(), chunks=chunks)
        await self._rates.answer(STREAM_APPEND, call)
        crashpoint("T2")
        self._tasks = tuple(tasks)

    async def _roll(self, tasks: Sequence[Task]) -> None:
        """Go on in a fresh stream, with the tasks that are still in progress."""
        await self._rates.turn(STREAM_START, urgent=True)
        words = {"type": "mrkdwn", "text": "This goes on in my next message.", "verbatim": True}
        await self._client.chat_stopStream(
            **self._place(), blocks=[{"type": "context", "elements": [words]}]
        )
        self._growing, self._posted = False, None
        await self._open([task for task in tasks if task.status == "in_progress"])

    async def _stopped(self, last: Slot) -> bool:
        """End the stream with the last words; False where it has ended otherwise."""
        await self._rates.turn(STREAM_STOP, urgent=True)
        said = self._messages.said(last)
        payload = {"incident": self._stream, "slot": last.id}
        try:
            call = self._client.chat_stopStream(
                **self._place(),
                blocks=said["blocks"],
                metadata={"event_type": ids.METADATA, "event_payload": payload},
            )
            await self._rates.answer(STREAM_STOP, call)
            crashpoint("T3")
        except SlackApiError as error:
            self._lost(error)
            return False
        self._growing = False
        if self._posted:
            ended = {"hash": last.hash, "state": last.state, "edited_at": time.time()}
            self._posted = self._posted.model_copy(update=ended)
            await self._store.save(self._stream, self._slot, self._posted)
        return True

    async def _reconcile(self, slot: Slot) -> None:
        self._posted = await self._messages.reconcile(
            self._stream, slot, self._posted, self._question.channel, self._question.thread_ts
        )

    def _lost(self, error: Exception) -> None:
        """From here a plain message does: the server knows no streams, or has ended this one."""
        log.info("%s: no stream: %s", self._stream, error)
        self.native = self.native and not _is(error, "unknown_method")
        self._growing = False

    def _chunks(self, tasks: Sequence[Task]) -> list[dict[str, Any]]:
        """The first tasks, under their title; a title alone would stay as an empty plan."""
        title = {"type": "plan_update", "title": thinking_title(self._question)}
        return [title, *map(_chunk, tasks)] if tasks else []

    def _place(self) -> dict[str, Any]:
        if self._posted is None:
            raise RuntimeError("the stream has no message yet")
        return {"channel": self._posted.channel, "ts": self._posted.ts}


def _chunk(task: Task) -> dict[str, Any]:
    return {"type": "task_update", "id": task.id, "title": task.title, "status": task.status}


def _is(error: Exception, code: str) -> bool:
    return isinstance(error, SlackApiError) and error.response.get("error") == code
