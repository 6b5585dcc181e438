"""The sample company's job scheduler: jobs, their variables, and runs that are real processes."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from bot.sandbox.company.child import Child
from bot.sandbox.company.instant import iso
from bot.sandbox.company.job import Job, Run
from bot.sandbox.company.log_store import LogStore
from bot.sandbox.company.trace_store import TraceStore

HOST = "etl-worker-3"
PAST_RUNS = 3
KEPT_CONTINUOUS_RUNS = 30
JOBS = Path(__file__).with_name("jobs.yml")

Finished = Callable[[Job, Run], None]


class Scheduler:
    """Runs each job at most once at a time, with the variables as they are when the run starts.

    A job's parameters are the variables `<job id>.<parameter>`; a run's `conf` goes before them.
    """

    def __init__(
        self,
        data: Path,
        logs: LogStore,
        traces: TraceStore,
        addresses: Callable[[], dict[str, int]],
        on_finished: Finished,
    ) -> None:
        self._data = data
        self._logs = logs
        self._traces = traces
        self._addresses = addresses
        self._on_finished = on_finished
        self._busy: dict[str, asyncio.Lock] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.jobs: dict[str, Job] = {}
        self.variables: dict[str, tuple[str, str | None]] = {}
        self.runs: list[Run] = []
        for one in yaml.safe_load(JOBS.read_text("utf-8")):
            self._add(Job(**one))

    def runs_of(self, job_id: str) -> list[Run]:
        """A job's runs, the oldest first."""
        return [run for run in self.runs if run.job_id == job_id]

    def find(self, job_id: str, run_id: str) -> Run | None:
        return next((run for run in self.runs_of(job_id) if run.run_id == run_id), None)

    def start(self, run: Run) -> asyncio.Task[None]:
        """Queue a new run, or one that was cleared; the task is done when the run has ended."""
        if run not in self.runs:
            self.runs.append(run)
        run.state, run.started_at, run.ended_at, run.exit_code = "queued", None, None, None
        task = asyncio.create_task(self._execute(self.jobs[run.job_id], run))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def run_scheduled(self, job_id: str) -> Run:
        """The company's own nightly run, now; returns it when it has ended."""
        now = time.time()
        run = Run(job_id, f"scheduled__{iso(now)}", "scheduled", "timetable", now, now)
        await self.start(run)
        return run

    def keep_running(self, job: Job) -> None:
        """Add a job that runs again as soon as it has ended, as Airflow's `@continuous` has it."""
        self._add(job)
        task = asyncio.create_task(self._again_and_again(job.id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """End every run under way; nothing of it stays behind."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _add(self, job: Job) -> None:
        self.jobs[job.id] = job
        for name, value in job.parameters.items():
            self.variables[f"{job.id}.{name}"] = (value, f"Parameter {name!r} of {job.id}.")
        self.runs += self._past(job)

    async def _again_and_again(self, job_id: str) -> None:
        while True:
            await self.run_scheduled(job_id)
            old = self.runs_of(job_id)[:-KEPT_CONTINUOUS_RUNS]
            self.runs = [run for run in self.runs if run not in old]

    async def _execute(self, job: Job, run: Run) -> None:
        async with self._busy.setdefault(job.id, asyncio.Lock()):
            run.state, run.started_at = "running", time.time()
            run.tries.append([])
            trace = {"trace_id": secrets.token_hex(16), "parent": secrets.token_hex(8)}
            config = {**self._config(job, run), "trace": trace}
            collect = self._collect(job, run, trace["trace_id"])
            child = await Child.start(job.script, config, collect)
            run.pid = child.pid
            try:
                run.exit_code = await child.wait()
            finally:
                await child.end()
            run.ended_at = time.time()
            run.state = "success" if run.exit_code == 0 else "failed"
            self._trace(job, run, trace)
            self._on_finished(job, run)

    def _trace(self, job: Job, run: Run, trace: dict[str, str]) -> None:
        """The run itself, above the spans that its process made."""
        said = {
            "trace_id": trace["trace_id"],
            "span_id": trace["parent"],
            "parent_id": "",
            "name": f"run {job.id}",
            "at": run.started_at,
            "seconds": run.duration,
            "error": "" if run.exit_code == 0 else f"exit code {run.exit_code}",
        }
        self._traces.add(job.service, HOST, said)

    def _config(self, job: Job, run: Run) -> dict[str, Any]:
        prefix = f"{job.id}."
        parameters = {
            key.removeprefix(prefix): value
            for key, (value, _) in self.variables.items()
            if key.startswith(prefix)
        }
        chosen = {**job.parameters, **parameters, **run.conf}
        yesterday = datetime.now(UTC).date() - timedelta(days=1)
        # Only a name can come from outside: a table or model is never looked for elsewhere.
        table = Path(str(chosen.get("target_table", "none"))).name
        model = Path(str(chosen.get("model", "none"))).name
        return {
            **chosen,
            "job": job.id,
            "run_id": run.run_id,
            "partition": yesterday.isoformat(),
            "instances": self._addresses(),
            "table_path": str(self._data / "tables" / f"{table}.json"),
            "manifest_path": str(self._data / "artifacts" / f"{model}.json"),
        }

    def _collect(self, job: Job, run: Run, trace_id: str) -> Callable[[Any], None]:
        lines = run.tries[-1]

        def store(said: dict[str, Any]) -> None:
            if said["event"] == "span":
                self._traces.add(job.service, HOST, said)
                return
            lines.append(said)
            self._log(job, run, said, trace_id)

        return store

    def _log(self, job: Job, run: Run, said: dict[str, Any], trace_id: str) -> None:
        self._logs.append(
            job.service, said["level"], said["message"], at=said["at"], job=job.id,
            run_id=run.run_id, host=HOST, trace_id=trace_id,
        )  # fmt: skip

    def _past(self, job: Job) -> list[Run]:
        """The good runs before, with a line of log each: nights, of most jobs."""
        found: list[Run] = []
        for number in range(PAST_RUNS, 0, -1):
            at = time.time() - number * job.every_seconds
            run = Run(job.id, f"scheduled__{iso(at)}", "scheduled", "timetable", at, at)
            run.state, run.exit_code = "success", 0
            run.started_at, run.ended_at = at + 0.4, at + 2.6 + number / 10
            said = {"at": run.ended_at, "level": "info", "message": f"{job.id}: job succeeded"}
            run.tries.append([said])
            self._log(job, run, said, secrets.token_hex(16))
            found.append(run)
        return found
