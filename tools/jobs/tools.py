"""The tools over a scheduler of jobs."""

from __future__ import annotations

from tools.jobs.port import JobScheduler
from tools.jobs.rerun_job import RerunJob
from tools.jobs.set_job_parameters import SetJobParameters


def job_tools(backend: JobScheduler) -> tuple[SetJobParameters, RerunJob]:
    """What a model may do with jobs."""
    return SetJobParameters(backend), RerunJob(backend)
