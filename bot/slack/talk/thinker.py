"""Follows each question that is thought about, from its first look to its last word."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.ports import Ledger, SlotStore
from bot.incidents.answers import Answers
from bot.incidents.cancellation import end_if_cancelled
from bot.incidents.intent import intent_of
from bot.incidents.lease import leased
from bot.incidents.question import Question
from bot.incidents.thinking import Questions
from bot.slack.directory import SlackDirectory
from bot.slack.posting.messages import Messages
from bot.slack.slots import Slot
from bot.slack.talk.bubble import Bubble
from bot.slack.talk.sessions import Sessions
from bot.slack.talk.teller import Teller
from bot.slack.views.thinking import (
    AWAY,
    CUT_OFF,
    looked_words,
    outside_slot,
    stopped_words,
    tasks_of,
    worded,
)
from bot.slack.views.thread import answer_slot

log = logging.getLogger(__name__)
THINK_SECONDS = 600.0
"""After which whoever thinks is taken to have died."""
_LOOK_SECONDS = 0.5
_POLL_SECONDS = 2.0
_LEASE_SECONDS = 20.0


class Thinker:
    """One process follows a question; where it dies, another takes over what is left.

    Progress is read from the ledger, where each look is noted as it begins and ends.
    """

    def __init__(
        self,
        *,
        client: AsyncWebClient,
        questions: Questions,
        ledger: Ledger,
        answers: Answers,
        teller: Teller,
        messages: Messages,
        slots: SlotStore,
        directory: SlackDirectory,
        seconds: float,
    ) -> None:
        """`seconds`: how long an answer may take."""
        self._client = client
        self._questions = questions
        self._ledger = ledger
        self._answers = answers
        self._teller = teller
        self._messages = messages
        self._slots = slots
        self._directory = directory
        self._seconds = seconds
        self._sessions = Sessions(client)
        self._native = True
        self._woken = asyncio.Event()
        self._busy: set[str] = set()

    def wake(self) -> None:
        """There is a new question, or one was stopped."""
        self._woken.set()

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._woken.clear()
                try:
                    for question_id in await self._questions.pending():
                        if question_id not in self._busy:
                            self._busy.add(question_id)
                            tasks.create_task(self._one(question_id))
                except Exception:
                    log.exception("questions can't be read; it is tried again")
                end_if_cancelled()
                with suppress(TimeoutError):
                    async with asyncio.timeout(_POLL_SECONDS):
                        await self._woken.wait()

    async def _one(self, question_id: str) -> None:
        try:
            async with leased(self._ledger, f"thinking|{question_id}", _LEASE_SECONDS) as token:
                if token:
                    await self._follow(question_id)
                else:
                    await asyncio.sleep(_POLL_SECONDS)
        except Exception:
            log.exception("question %s can't be followed; it is tried again", question_id)
            await asyncio.sleep(_POLL_SECONDS)
        finally:
            self._busy.discard(question_id)

    async def _follow(self, question_id: str) -> None:
        question = await self._questions.get(question_id)
        if question is None:
            await self._questions.forget(question_id)
            return
        stream = question.incident or f"ASK-{question.id}"
        bubble = Bubble(
            self._client, self._slots, self._messages, stream, question, native=self._native
        )
        await bubble.resume()
        place = question.channel, question.thread_ts
        await self._sessions.say(*place, "processing", question.text)
        text, stopped = await self._thought(question, stream, bubble)
        self._native = bubble.native
        await self._end(question, bubble, text, stopped)
        await self._sessions.say(*place, "closed" if stopped else "active")

    async def _thought(
        self, question: Question, stream: str, bubble: Bubble
    ) -> tuple[str | None, str | None]:
        """The worker's words, None for none in time; and who stopped it, where somebody did."""
        prefix = f"ask-{question.id}/" if question.incident else ""
        until = time.monotonic() + self._seconds
        while time.monotonic() < until:
            stopped = await self._questions.stopped(question.id)
            if stopped:
                return None, stopped
            text = await self._questions.answered(question.id)
            if text is not None:
                return text, None
            await bubble.show(tasks_of(await self._ledger.work(stream), prefix))
            await asyncio.sleep(_LOOK_SECONDS)
        return None, None

    async def _end(
        self, question: Question, bubble: Bubble, text: str | None, stopped: str | None
    ) -> None:
        """In an incident the message first, for the projector shows what the ledger holds; outside,
        the ledger first, for buttons need it. Killed in between, both are done again.
        """
        looked = bool(question.service) and bool(text)
        if stopped:
            words = stopped_words(await self._directory.name(stopped))
        elif question.incident:
            words = worded(text) if text else await self._known(question)
        elif text is None:
            words = CUT_OFF
        elif looked:
            work = await self._ledger.work(f"ASK-{question.id}")
            words = looked_words(question, text, work)
        else:
            words = worded(text) if text.strip() else AWAY
        if question.incident is None:
            await self._answers.give(question, f"ASK-{question.id}", words)
        await bubble.finish(self._slot(question, words, offer=looked))
        if question.incident:
            await self._answers.give(question, question.incident, words)
        await self._questions.done(question)

    def _slot(self, question: Question, words: str, *, offer: bool) -> Slot:
        """In an incident just what the projector makes of the answer, so that it edits nothing."""
        if question.incident is None:
            return outside_slot(question, words, offer=offer)
        return answer_slot(question.incident, self._answers.as_given(question, words))

    async def _known(self, question: Question) -> str:
        """The model is away, so the ledger answers."""
        incident = await self._answers.load(question.incident or "")
        return await self._teller.answer(incident, intent_of(question.text))
