"""Questions on their way to a worker that has the model, and answers on their way back."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from redis.asyncio import Redis

from bot.adapters import keys
from bot.adapters.rq_queue import RqQueue
from bot.incidents.question import Question

_KEEP_SECONDS = 600
_BLOCK_SECONDS = 2.0


class RedisQuestions:
    """A question waits ten minutes for a worker, its answer ten for whoever asked."""

    def __init__(
        self, redis: Redis, queue: RqQueue, clean: Callable[[str], str] | None = None
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
