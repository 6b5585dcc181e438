"""RQ as we use it, with real worker processes on a real Valkey."""

from __future__ import annotations

import base64
import os
import pickle
import signal
import subprocess
import sys
import zlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
import redis as blocking
from redis.asyncio import Redis
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from bot.adapters.rq_queue import ACT, WAIT, NotInTableError, RqQueue, job_class
from bot.domain.work import Work
from bot.sandbox.valkey import EmbeddedValkey
from tests.fakes.poll import ended, until
from tests.fakes.rq_worker import ENDED, GATE, INDISCREET, STARTED
from tests.fakes.story import at

Start = Callable[[str], subprocess.Popen[bytes]]


@pytest.fixture
def connection(valkey: EmbeddedValkey, redis: Redis) -> Any:
    client = blocking.Redis.from_url(valkey.url)
    yield client
    client.close()


@pytest.fixture
async def worker(valkey: EmbeddedValkey) -> AsyncIterator[Start]:
    """Starts worker processes, `wait` or `act`; they are gone after the test."""
    running: list[subprocess.Popen[bytes]] = []

    def start(kind: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.fakes.rq_worker", kind, valkey.url]
        root = Path(__file__).parents[2]
        running.append(subprocess.Popen(command, cwd=root, stderr=subprocess.DEVNULL))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


def work(kind: str, ref: str = "") -> Work:
    return Work.model_validate({"incident": "INC-1", "kind": kind, "ref": ref, "due": at(0)})


async def started(redis: Redis) -> list[tuple[int, str]]:
    lines: Any = await redis.lrange(STARTED, 0, -1)
    return [(int(pid), key) for pid, key in (line.split(" ") for line in lines)]


async def test_many_jobs_wait_at_once_in_one_process(
    redis: Redis, connection: blocking.Redis, worker: Start
) -> None:
    worker("wait")
    jobs = [work("verify", f"P1:{i}") for i in range(30)]
    await RqQueue(connection).enqueue(jobs)
    await until(lambda: has(redis, STARTED, 30))
    begun = await started(redis)
    assert len({pid for pid, _ in begun}) == 1
    assert {key for _, key in begun} == {job.key for job in jobs}
    await redis.rpush(GATE, *["go"] * 30)
    await until(lambda: has(redis, ENDED, 30))


async def has(redis: Redis, name: str, count: int) -> bool:
    return int(await redis.llen(name)) == count


async def test_an_effect_has_a_process_of_its_own_that_dies_with_its_worker(
    redis: Redis, connection: blocking.Redis, worker: Start
) -> None:
    parent = worker("act")
    await RqQueue(connection).enqueue([work("execute", "P1:0")])
    await until(lambda: has(redis, STARTED, 1))
    [(horse, _)] = await started(redis)
    assert horse != parent.pid
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    await until(lambda: ended(horse))
    assert not await has(redis, ENDED, 1)


@pytest.mark.parametrize("kind", ["wait", "act"])
async def test_a_worker_gives_signs_of_life_until_it_is_killed(
    connection: blocking.Redis, worker: Start, kind: str
) -> None:
    queue, name = RqQueue(connection), {"wait": WAIT, "act": ACT}[kind]
    began = datetime.now(UTC)
    assert await queue.workers(name, began) == 0
    process = worker(kind)

    async def alive() -> bool:
        return await queue.workers(name, began) == 1

    await until(alive)
    process.kill()
    process.wait()
    assert await queue.workers(name, datetime.now(UTC)) == 0
    other = {"wait": ACT, "act": WAIT}[kind]
    assert await queue.workers(other, began) == 0


@pytest.mark.parametrize("kind", ["wait", "act"])
async def test_what_a_job_failed_at_is_for_the_log_and_not_for_redis(
    redis: Redis, connection: blocking.Redis, worker: Start, kind: str
) -> None:
    await RqQueue(connection).enqueue([work({"wait": "verify", "act": "execute"}[kind], "fails")])
    worker(kind)

    async def failed() -> bool:
        keys: list[str] = [key async for key in redis.scan_iter("rq:results:*")]
        return bool(keys)

    await until(failed)
    [result] = [key async for key in redis.scan_iter("rq:results:*")]
    [[_, told]] = await cast(Any, redis).xrange(result)
    kept = zlib.decompress(base64.b64decode(told["exc_string"])).decode()
    assert kept == "see the worker's log"
    assert INDISCREET not in str([told, await cast(Any, redis).keys("*")])


async def test_effects_and_waiting_go_to_different_queues(
    connection: blocking.Redis, redis: Redis
) -> None:
    kinds = ["investigate", "execute", "verify", "undo", "recover", "report"]
    await RqQueue(connection).enqueue([work(kind) for kind in kinds])
    assert {name: len(await redis.lrange(f"rq:queue:{name}", 0, -1)) for name in (WAIT, ACT)} == {
        WAIT: 4,
        ACT: 2,
    }


async def test_a_job_carries_its_key_in_json_and_is_never_retried(
    connection: blocking.Redis,
) -> None:
    await RqQueue(connection).enqueue([work("execute", "P1:0")])
    [job] = Queue(ACT, connection=connection, serializer=JSONSerializer).jobs
    assert list(job.args) == ["INC-1|execute|P1:0"]
    assert not job.retries_left


async def test_a_function_outside_the_table_is_refused(connection: blocking.Redis) -> None:
    kind = job_class({"run": print})
    queue = Queue(WAIT, connection=connection, serializer=JSONSerializer, job_class=kind)
    with pytest.raises(NotInTableError, match=r"'os.system' is not in the worker's table"):
        _ = queue.enqueue_call("os.system", args=("true",)).func


@pytest.mark.parametrize("kind", ["wait", "act"])
async def test_who_can_write_to_redis_runs_nothing_in_a_worker(
    redis: Redis, connection: blocking.Redis, worker: Start, tmp_path: Path, kind: str
) -> None:
    name = {"wait": WAIT, "act": ACT}[kind]
    touched = tmp_path / "touched"
    queue = Queue(name, connection=connection, serializer=JSONSerializer)
    queue.enqueue_call("os.system", args=(f"touch {touched}",))
    hostile = Queue(name, connection=connection).enqueue_call("run", args=("x",))
    connection.hset(Job.key_for(hostile.id), "data", pickle.dumps(Bomb(str(touched))))
    await RqQueue(connection).enqueue([work({"wait": "verify", "act": "execute"}[kind])])
    await redis.rpush(GATE, "go")
    worker(kind)
    await until(lambda: has(redis, ENDED, 1))
    assert not touched.exists()
    assert len(await started(redis)) == 1


class Bomb:
    """Unpickled, it touches a file."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.path}",)
