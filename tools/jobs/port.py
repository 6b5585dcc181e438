"""What any scheduler of jobs can tell and do: parameters, runs, one new run under a key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from tools.kit.integration import Backend
from tools.kit.tool import Context

RunState = Literal["queued", "running", "success", "failed"]


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    paused: bool
    """Paused by a person: a new run would wait for ever."""
    affects: tuple[str, ...] = ()
    """What the scheduler says depends on it, or who owns it."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One named value a job reads when it runs."""

    job: str
    name: str
    value: str
    mark: Mark | None = None
    """Who of us wrote it last; None where a person did, or nobody."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Left beside a parameter by the call that set it, so that the call can be found again."""

    key: str
    of: int = 1
    """How many parameters the call set in all."""


@dataclass(frozen=True, slots=True)
class Run:
    job: str
    id: str
    state: RunState
    url: str | None = None


class JobScheduler(Backend, Protocol):
    """Where jobs are kept and started. Each method raises ToolError."""

    async def job(self, name: str, ctx: Context) -> Job:
        """Raises InvalidCall where there is none of that name."""

    async def parameters(self, job: str, ctx: Context) -> tuple[Parameter, ...]:
        """All parameters the job has, by name."""

    async def parameter(self, job: str, name: str, ctx: Context) -> Parameter | None:
        """One parameter; None where the job has none of that name."""

    async def set_parameter(self, parameter: Parameter, ctx: Context) -> None:
        """Write value and mark in one request, which leaves once."""

    async def marked(self, key: str, ctx: Context) -> tuple[Parameter, ...]:
        """All parameters of any job that the call under `key` was the last to write."""

    async def latest_run(self, job: str, ctx: Context) -> Run | None:
        """The run that was asked for last; None where the job never ran."""

    async def start_run(self, job: str, run_id: str, ctx: Context) -> Run:
        """Start a run of that id, or give the one that already has it."""

    async def run(self, job: str, run_id: str, ctx: Context) -> Run | None:
        """One run; None where the job has none of that id."""

    async def find_run(self, run_id: str, ctx: Context) -> Run | None:
        """A run by its id alone, of whichever job."""

    async def last_words(self, run: Run, ctx: Context) -> str:
        """What a failed run said last; empty where it can't be had."""
