"""What the sample company measures of its jobs: last success, exit code, duration."""

from __future__ import annotations

import time

from bot.sandbox.company.job import Job, Run
from bot.sandbox.company.scheduler import Scheduler
from bot.sandbox.company.series_store import SeriesStore

METADATA = {
    "etl_job_last_success_timestamp_seconds": "When the job last succeeded.",
    "etl_job_last_exit_code": "Exit code of the job's last finished run.",
    "etl_job_duration_seconds": "How long the job's last finished run took.",
    "etl_job_running": "Whether a run of the job is under way.",
}
HISTORY_STEP = 60.0


class JobExporter:
    """Reads the scheduler's runs, so that the past needs no other source than the present."""

    def __init__(self, store: SeriesStore, scheduler: Scheduler) -> None:
        self._store = store
        self._scheduler = scheduler
        store.metadata.update({name: ("gauge", text) for name, text in METADATA.items()})

    def rewrite_history(self, start: float, end: float) -> None:
        for number in range(int((end - start) / HISTORY_STEP) + 1):
            self._measure(start + number * HISTORY_STEP)

    async def scrape(self) -> None:
        self._measure(time.time())

    def _measure(self, at: float) -> None:
        for job in self._scheduler.jobs.values():
            runs = self._scheduler.runs_of(job.id)
            ended = [run for run in runs if run.ended_at is not None and run.ended_at <= at]
            ended.sort(key=lambda run: run.ended_at or 0.0)
            running = any(run.state == "running" and (run.started_at or at) <= at for run in runs)
            self._put(job, "etl_job_running", float(running), at)
            if ended:
                self._last(job, ended, at)

    def _last(self, job: Job, ended: list[Run], at: float) -> None:
        good = [run.ended_at for run in ended if run.exit_code == 0]
        if good and good[-1] is not None:
            self._put(job, "etl_job_last_success_timestamp_seconds", good[-1], at)
        self._put(job, "etl_job_last_exit_code", float(ended[-1].exit_code or 0), at)
        self._put(job, "etl_job_duration_seconds", ended[-1].duration or 0.0, at)

    def _put(self, job: Job, name: str, value: float, at: float) -> None:
        labels = {"job": job.id, "service": job.service, "environment": "production"}
        self._store.put(name, labels, value, at)
