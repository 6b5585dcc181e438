"""Our two RQ workers: one forks for each effect, one runs many waiting jobs as coroutines."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from redis import Redis
from rq import Queue, Worker
from rq.exceptions import DeserializationError
from rq.executions import Execution
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker import BaseWorker, WorkerStatus

from bot.adapters.process import die_with_parent

AT_ONCE = 200
"""Jobs that wait in one process at the same time."""
_TIMES: dict[str, Any] = {
    "worker_ttl": 25,
    "maintenance_interval": 10,
    "job_monitoring_interval": 5,
    "log_job_description": False,
}
"""Under these a killed worker's job is noticed within 30 s; at RQ's defaults it took 811 s."""


class _Discreet(BaseWorker):
    """Keeps no traceback in Redis: it may hold a secret, and the log has it, cleaned."""

    def handle_job_failure(
        self,
        job: Job,
        queue: Queue,
        started_job_registry: Any = None,
        exc_string: str = "",
        execution: Execution | None = None,
    ) -> None:
        super().handle_job_failure(
            job, queue, started_job_registry, "see the worker's log", execution
        )


class ActWorker(_Discreet, Worker):
    """Runs each job in a process that dies with this one and ends once the call is out."""

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        die_with_parent(_worker_pid(self))
        super().main_work_horse(job, queue)

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        return 15


class WaitWorker(_Discreet):
    """Runs jobs as coroutines of one loop; RQ's queue, heartbeats and registries stay RQ's.

    A job's table function must return a coroutine. At most AT_ONCE run; then it stops dequeuing.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._loop = asyncio.new_event_loop()
        self._free = threading.Semaphore(AT_ONCE)
        self._closing = ThreadPoolExecutor(4, thread_name_prefix="rq-finish")
        self._running: dict[str, tuple[Job, Execution]] = {}
        threading.Thread(target=self._loop.run_forever, name="jobs", daemon=True).start()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop the jobs run in."""
        return self._loop

    def execute_job(self, job: Job, queue: Queue) -> None:
        try:
            job.args  # noqa: B018 - RQ reads the body here for the first time
        except DeserializationError:
            # Not ours, and RQ would end the worker over it with all that runs in it.
            self.log.warning("%s: a job that can't be read is dropped", job.id)
            job.delete()
            return
        self._free.acquire()
        execution = self.prepare_execution(job)
        self.prepare_job_execution(job, remove_from_intermediate_queue=True)
        self._running[job.id] = (job, execution)
        running: Future[None] = asyncio.run_coroutine_threadsafe(_run(job), self._loop)
        running.add_done_callback(
            lambda done: self._closing.submit(self._finish, job, queue, execution, done)
        )
        # A worker that RQ takes for busy would not heed a request to stop.
        self.set_state(WorkerStatus.IDLE)

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> Any:
        beaten = super().heartbeat(timeout, pipeline=pipeline)
        if pipeline is None:
            for job, execution in list(self._running.values()):
                with self.connection.pipeline() as beats:
                    execution.heartbeat(job.started_job_registry, 60, pipeline=beats)
                    beats.execute()
        return beaten

    def _finish(self, job: Job, queue: Queue, execution: Execution, done: Future[None]) -> None:
        try:
            error = done.exception()
            if error is None:
                self._finalize_success(job, queue, execution, None)
            else:
                self._finalize_failure(
                    job, queue, execution, (type(error), error, error.__traceback__)
                )
        except Exception:
            self.log.exception("%s: could not be marked as finished", job.id)
        finally:
            self._running.pop(job.id, None)
            self._free.release()


async def _run(job: Job) -> None:
    work: Coroutine[Any, Any, None] = job.func(*job.args)
    await asyncio.wait_for(work, job.timeout)


W = TypeVar("W", bound=BaseWorker)


def make(kind: type[W], queue: str, redis: Redis, job: type[Job]) -> W:
    """A worker on exactly one queue: on two, a job popped by a dying worker can be lost."""
    return kind(
        [Queue(queue, connection=redis, serializer=JSONSerializer, job_class=job)],
        connection=redis,
        job_class=job,
        serializer=JSONSerializer,
        **_TIMES,
    )


def _worker_pid(worker: BaseWorker) -> int:
    return int(worker.pid) if worker.pid else os.getppid()
