"""The sample company's batch jobs as its scheduler knows them, and one run of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

State = Literal["queued", "running", "success", "failed"]


@dataclass(frozen=True)
class Job:
    """A job: its script in `processes/`, its usual parameters, and what an alert about it says."""

    id: str
    service: str
    script: str
    task: str
    description: str
    owner: str
    schedule: str
    parameters: dict[str, str]
    alert_name: str
    alert_summary: str
    alert_description: str
    every_seconds: float = 86_400.0
    """How far apart its usual runs begin."""


@dataclass
class Run:
    """One run; moments in seconds since the epoch. `tries` holds each try's log lines."""

    job_id: str
    run_id: str
    run_type: Literal["scheduled", "manual"]
    triggered_by: Literal["timetable", "rest_api"]
    queued_at: float
    logical_date: float | None = None
    conf: dict[str, Any] = field(default_factory=dict)
    note: str | None = None
    state: State = "queued"
    started_at: float | None = None
    ended_at: float | None = None
    exit_code: int | None = None
    pid: int | None = None
    tries: list[list[dict[str, Any]]] = field(default_factory=list)

    @property
    def finished(self) -> bool:
        return self.state in ("success", "failed")

    @property
    def duration(self) -> float | None:
        if self.started_at is None or self.ended_at is None:
            return None
        return round(self.ended_at - self.started_at, 6)
