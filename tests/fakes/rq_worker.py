"""A worker process of ours whose only job says that it runs and waits to be let go."""

from __future__ import annotations

import os
import sys

import redis
from redis.asyncio import Redis
from rq.worker import BaseWorker

from bot.adapters import rq_queue, rq_workers

STARTED = "started"
"""List: `<process id> <key>` of each job that began."""
GATE = "gate"
"""Each job takes one item from this list before it ends."""
ENDED = "ended"
"""List: key of each job that ended."""


INDISCREET = "no answer with a-secret-of-the-worker"
"""Error of a job whose key ends in `fails`."""


async def hold(key: str) -> None:
    if key.endswith("fails"):
        raise LookupError(INDISCREET)
    async with Redis.from_url(sys.argv[2], decode_responses=True, socket_timeout=None) as client:
        await client.rpush(STARTED, f"{os.getpid()} {key}")
        await client.blpop([GATE], timeout=60)
        await client.rpush(ENDED, key)


def main() -> None:
    connection = redis.Redis.from_url(sys.argv[2])
    table = rq_queue.job_class({"run": hold})
    worker: BaseWorker
    if sys.argv[1] == "wait":
        worker = rq_workers.make(rq_workers.WaitWorker, rq_queue.WAIT, connection, table)
    else:
        worker = rq_workers.make(rq_workers.ActWorker, rq_queue.ACT, connection, table)
    worker.work(logging_level="WARNING")


if __name__ == "__main__":
    main()
