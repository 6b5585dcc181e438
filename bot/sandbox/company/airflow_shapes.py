"""Airflow 3's REST shapes: what it accepts, and how it shows a job, a run, a try, a variable."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from bot.sandbox.company.instant import iso
from bot.sandbox.company.job import Job, Run
from bot.sandbox.company.scheduler import HOST

BUNDLE = "dags-folder"


class Credentials(BaseModel):
    model_config = ConfigDict(extra="forbid")
    username: str
    password: str


class VariableBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    key: str = Field(max_length=250)
    value: str
    description: str | None = None


class TriggerBody(BaseModel):
    """`logical_date` must be there, and may be null."""

    model_config = ConfigDict(extra="forbid")
    dag_run_id: str | None = None
    data_interval_start: AwareDatetime | None = None
    data_interval_end: AwareDatetime | None = None
    logical_date: AwareDatetime | None
    run_after: datetime | None = None
    conf: dict[str, Any] | None = None
    note: str | None = Field(None, max_length=1000)
    partition_key: str | None = None


class ClearBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    dry_run: bool = True
    only_failed: bool = False
    run_on_latest_version: bool = False


def _when(seconds: float | None) -> str | None:
    return None if seconds is None else iso(seconds, digits=6)


def variable(key: str, value: str, description: str | None) -> dict[str, Any]:
    return {
        "key": key,
        "value": value,
        "description": description,
        "is_encrypted": True,
        "team_name": None,
    }


def dag(job: Job) -> dict[str, Any]:
    return {
        "dag_id": job.id,
        "dag_display_name": job.id,
        "is_paused": False,
        "is_stale": False,
        "last_parsed_time": iso(digits=6),
        "last_parse_duration": 0.021,
        "last_expired": None,
        "bundle_name": BUNDLE,
        "bundle_version": None,
        "relative_fileloc": f"{job.id}.py",
        "fileloc": f"/opt/airflow/dags/{job.id}.py",
        "description": job.description,
        "timetable_summary": job.schedule,
        "timetable_description": None,
        "timetable_partitioned": False,
        "timetable_periodic": True,
        "tags": [],
        "max_active_tasks": 16,
        "max_active_runs": 1,
        "max_consecutive_failed_dag_runs": 0,
        "has_task_concurrency_limits": False,
        "has_import_errors": False,
        "next_dagrun_logical_date": None,
        "next_dagrun_data_interval_start": None,
        "next_dagrun_data_interval_end": None,
        "next_dagrun_run_after": None,
        "allowed_run_types": None,
        "owners": [job.owner],
        "file_token": job.id,
    }


def dag_run(run: Run) -> dict[str, Any]:
    return {
        "dag_run_id": run.run_id,
        "dag_id": run.job_id,
        "dag_display_name": run.job_id,
        "logical_date": _when(run.logical_date),
        "queued_at": _when(run.queued_at),
        "start_date": _when(run.started_at),
        "end_date": _when(run.ended_at),
        "duration": run.duration,
        "data_interval_start": _when(run.logical_date),
        "data_interval_end": _when(run.logical_date),
        "run_after": _when(run.queued_at),
        "last_scheduling_decision": _when(run.ended_at or run.started_at),
        "run_type": run.run_type,
        "state": run.state,
        "triggered_by": run.triggered_by,
        "triggering_user_name": "opsbot" if run.triggered_by == "rest_api" else None,
        "conf": run.conf,
        "note": run.note,
        "dag_versions": [],
        "bundle_version": None,
        "partition_key": None,
    }


def task_instance(job: Job, run: Run) -> dict[str, Any]:
    return {
        "id": f"{run.run_id}/{job.task}",
        "task_id": job.task,
        "task_display_name": job.task,
        "dag_id": job.id,
        "dag_display_name": job.id,
        "dag_run_id": run.run_id,
        "map_index": -1,
        "logical_date": _when(run.logical_date),
        "run_after": _when(run.queued_at),
        "start_date": _when(run.started_at),
        "end_date": _when(run.ended_at),
        "duration": run.duration,
        "state": run.state,
        "try_number": max(1, len(run.tries)),
        "max_tries": 0,
        "hostname": HOST,
        "unixname": "airflow",
        "pool": "default_pool",
        "pool_slots": 1,
        "queue": "default",
        "priority_weight": 1,
        "operator": "BashOperator",
        "operator_name": "BashOperator",
        "queued_when": _when(run.queued_at),
        "scheduled_when": _when(run.queued_at),
        "pid": run.pid,
        "executor": None,
        "executor_config": "{}",
        "note": None,
        "rendered_map_index": None,
        "rendered_fields": {},
        "trigger": None,
        "triggerer_job": None,
        "dag_version": None,
    }


def log_event(job: Job, said: dict[str, Any]) -> dict[str, Any]:
    return {
        "timestamp": _when(said["at"]),
        "event": said["message"],
        "level": {"warn": "warning"}.get(said["level"], said["level"]),
        "logger": f"task.{job.task}",
    }
