"""Questions on their way to a worker that has the model, and answers on their way back."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

from redis.asyncio import Redis

from bot.adapters import keys
from bot.incidents.question import Question
from bot.incidents.thinking import Admitted

_KEEP_SECONDS = 1800
_BLOCK_SECONDS = 2.0
_MOST_OF_ONE_PERSON = 10
_BUDGET_SECONDS = 600


class Asks(Protocol):
    async def ask(self, question_id: str) -> None:
        """Have a worker answer the question of that id."""


class RedisQuestions:
    """A question is kept for half an hour, and its answer: long enough for every restart."""

    def __init__(
        self, redis: Redis, queue: Asks, clean: Callable[[str], str] | None = None
    ) -> None:
        """`clean` takes the secrets out of what somebody asked."""
        self._clean = clean
        self._redis = redis
        self._queue = queue

    async def ask(self, question: Question, seconds: float) -> str | None:
        """A worker's answer; None where none came in time, or no model could be had."""
        await self.put(question)
        await self._queue.ask(question.id)
        return await self.wait(question.id, seconds) or None

    async def admit(self, question: Question) -> Admitted:
        """One in a thread at a time, and so many of one person in ten minutes."""
        asked: Any = await self._redis.incr(keys.thinker(question.by))
        if int(asked) == 1:
            await self._redis.expire(keys.thinker(question.by), _BUDGET_SECONDS)
        if int(asked) > _MOST_OF_ONE_PERSON:
            return "spent"
        place = keys.thinking(question.channel, question.thread_ts)
        free = await self._redis.set(place, question.id, nx=True, ex=_KEEP_SECONDS)
        return "begun" if free else "busy"

    async def send(self, question: Question) -> None:
        await self.put(question)
        await self._redis.zadd(keys.QUESTIONS, {question.id: time.time()}, nx=True)
        await self._queue.ask(question.id)

    async def pending(self) -> list[str]:
        found: Any = await self._redis.zrange(keys.QUESTIONS, 0, -1)
        return [str(each) for each in found]

    async def answered(self, question_id: str) -> str | None:
        """Stays to be read again, by whoever takes over from a process that died."""
        found: Any = await self._redis.lindex(keys.answer(question_id), 0)
        return found if found is None else str(found)

    async def in_thread(self, channel: str, thread_ts: str) -> str | None:
        found: Any = await self._redis.get(keys.thinking(channel, thread_ts))
        return found if found is None else str(found)

    async def stop(self, question_id: str, by: str) -> None:
        key = keys.question_stopped(question_id)
        await self._redis.set(key, by, nx=True, ex=_KEEP_SECONDS)

    async def stopped(self, question_id: str) -> str | None:
        found: Any = await self._redis.get(keys.question_stopped(question_id))
        return found if found is None else str(found)

    async def done(self, question: Question) -> None:
        place = keys.thinking(question.channel, question.thread_ts)
        if await self.in_thread(question.channel, question.thread_ts) == question.id:
            await self._redis.delete(place)
        await self._redis.zrem(keys.QUESTIONS, question.id)

    async def forget(self, question_id: str) -> None:
        """One of which nothing is known any more."""
        await self._redis.zrem(keys.QUESTIONS, question_id)

    async def put(self, question: Question) -> None:
        if self._clean:
            question = question.model_copy(update={"text": self._clean(question.text)})
        await self._redis.set(
            keys.question(question.id), question.model_dump_json(), ex=_KEEP_SECONDS
        )

    async def get(self, question_id: str) -> Question | None:
        body: Any = await self._redis.get(keys.question(question_id))
        return Question.model_validate_json(body) if body else None

    async def answer(self, question_id: str, text: str) -> None:
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.rpush(keys.answer(question_id), text)
            pipe.expire(keys.answer(question_id), _KEEP_SECONDS)
            await pipe.execute()

    async def wait(self, question_id: str, seconds: float) -> str | None:
        """The answer, empty where the model is away; None where none came in time."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            # Longer than its socket waits for an answer, no single call may block.
            block = min(left, _BLOCK_SECONDS)
            found: Any = await self._redis.blpop([keys.answer(question_id)], timeout=block)
            if found:
                return str(found[1])
        return None
