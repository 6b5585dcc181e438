"""Hints to workers over RQ: ids alone, in JSON, for functions of a fixed table."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from redis import Redis
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.utils import utcparse
from rq.worker_registration import get_keys

if TYPE_CHECKING:
    # A command that only asks a question need not wait for the whole domain to load.
    from bot.domain.work import Work

WAIT = "opsbot-wait"
"""Investigations and monitors: many share a process, for mostly they wait."""
ACT = "opsbot-act"
"""Effects: each has a process of its own."""
_TIMEOUT = {WAIT: 900, ACT: 180}
_FAILURE_TTL = 86_400


class NotInTableError(Exception):
    """Someone enqueued a function that no worker of ours runs."""


def job_class(table: Mapping[str, Callable[[str], Any]]) -> type[Job]:
    """A Job whose function is looked up in `table`, whatever name Redis says."""

    class TableJob(Job):
        @property
        def func(self) -> Callable[..., Any]:
            name = self.func_name or ""
            if name not in table:
                raise NotInTableError(f"{name!r} is not in the worker's table")
            return table[name]

    return TableJob


def connect_queue(url: str) -> RqQueue:
    """A queue with a connection of its own; `close` lets go of it."""
    return RqQueue(Redis.from_url(url))


class RqQueue:
    """Enqueues without Retry: a job that dies is found by the sweeper, not run again by RQ."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._queues = {
            name: Queue(name, connection=redis, serializer=JSONSerializer) for name in (WAIT, ACT)
        }

    def close(self) -> None:
        self._redis.close()

    async def enqueue(self, work: Sequence[Work]) -> None:
        if work:
            await asyncio.to_thread(self._enqueue, work)

    async def ask(self, question_id: str) -> None:
        """Have a worker answer the question of that id."""

        def enqueue() -> None:
            self._queues[WAIT].enqueue_call(
                "ask",
                args=(question_id,),
                job_id=f"ask-{secrets.token_hex(6)}",
                timeout=_TIMEOUT[WAIT],
                result_ttl=0,
                failure_ttl=_FAILURE_TTL,
            )

        await asyncio.to_thread(enqueue)

    async def workers(self, queue: str, since: datetime) -> int:
        """How many workers of a queue gave a sign of life after `since`."""
        return await asyncio.to_thread(self._workers, queue, since)

    def _workers(self, queue: str, since: datetime) -> int:
        found = get_keys(queue=self._queues[queue])
        beats: list[Any] = [self._redis.hget(key, "last_heartbeat") for key in found]
        return sum(utcparse(beat.decode()) > since for beat in beats if beat)

    def _enqueue(self, work: Sequence[Work]) -> None:
        for item in work:
            name = ACT if item.changes_the_world else WAIT
            self._queues[name].enqueue_call(
                "run",
                args=(item.key,),
                job_id=f"{item.incident}-{item.kind}-{secrets.token_hex(6)}",
                timeout=_TIMEOUT[name],
                result_ttl=0,
                failure_ttl=_FAILURE_TTL,
            )
