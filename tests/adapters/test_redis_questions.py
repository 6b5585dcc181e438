"""A question waits for its answer longer than a socket would."""

from __future__ import annotations

import asyncio
from typing import Any

from redis.asyncio import Redis

from bot.adapters.redis_questions import RedisQuestions
from bot.incidents.question import Question
from bot.sandbox.valkey import EmbeddedValkey

QUESTION = Question(id="q1", by="U1", channel="", thread_ts="", text="why?")


class SlowWorker:
    """Answers, but not before a socket with `PATIENCE` would have given up."""

    PATIENCE = 2.5

    def __init__(self) -> None:
        self.questions: RedisQuestions | None = None
        self.working: asyncio.Task[None] | None = None

    async def ask(self, question_id: str) -> None:
        async def think() -> None:
            await asyncio.sleep(self.PATIENCE + 0.5)
            assert self.questions is not None
            assert await self.questions.get(question_id) == QUESTION
            await self.questions.answer(question_id, "because")

        self.working = asyncio.create_task(think())


async def test_an_answer_that_takes_longer_than_a_socket_waits_is_heard(
    valkey: EmbeddedValkey, redis: Redis
) -> None:
    patient = Redis.from_url(
        valkey.url, decode_responses=True, protocol=2, socket_timeout=SlowWorker.PATIENCE
    )
    worker: Any = SlowWorker()
    worker.questions = RedisQuestions(redis, worker)
    try:
        assert await RedisQuestions(patient, worker).ask(QUESTION, 20) == "because"
    finally:
        await patient.aclose()


async def test_where_none_comes_in_time_there_is_none(redis: Redis) -> None:
    nobody: Any = RedisQuestions(redis, SlowWorker())
    assert await nobody.wait("q2", 0.2) is None
