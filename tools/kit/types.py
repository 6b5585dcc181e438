"""The nouns a tool speaks: targets, evidence, dry runs, handles, verifications."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Scalar = str | int | float | bool | None


class Frozen(BaseModel):
    """Base of every value that crosses a boundary: immutable, unknown fields refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Effect(StrEnum):
    """What a call can do to the world. Declared by the tool; undeclared does not load."""

    READ = "read"
    RECORD = "record"
    """Keeping the books of this incident: its tickets, its thread lines."""
    WRITE = "write"
    DESTRUCTIVE = "destructive"


class Target(Frozen):
    """One thing an action would touch; the unit in which blast radius is counted."""

    kind: str
    """What it is, in the singular: `job`, `service`, `ticket`."""
    name: str


class Change(Frozen):
    """One field of one target, before and after. What an approval is bound to."""

    target: str
    """Name of the target, as in `Target.name`."""
    field: str
    before: Scalar
    after: Scalar


class DryRun(Frozen):
    """What would happen, found out by reading alone."""

    summary: str
    """One imperative sentence, at most 120 characters: `Set source of etl: a → b`."""
    targets: Annotated[tuple[Target, ...], Field(min_length=1)]
    changes: tuple[Change, ...] = ()
    affects: tuple[str, ...] = ()
    """What else feels it, for the reader: `1 table`, `finance reports`."""
    warnings: tuple[str, ...] = ()
    sentence: str = ""
    """The changes for whoever approves, where they read better so than as fields: `run etl once
    (last run failed)`. It names each target and each value before, or it isn't shown."""
    undo: str = ""
    """What stays, where nothing undoes it by itself: `what it writes stays`."""


class Evidence(Frozen):
    """An observation, with enough provenance to repeat it."""

    tool: str
    query: str
    """The exact query that was sent, so that a person can run it again."""
    summary: str
    """The finding in one line, at most 160 characters."""
    excerpt: str = ""
    """The lines or samples that matter, already cut to the context's budget."""
    start: datetime | None = None
    end: datetime | None = None
    url: str | None = None
    """Where a person sees the same thing; None where the backend has no page for it."""
    status: Literal["found", "empty", "failed"] = "found"
    """`empty`: the source was reached and holds nothing. `failed`: it was not reached."""
    truncated: bool = False
    values: dict[str, Any] = {}
    """The same finding for conditions: plain JSON, durations in seconds, sizes in bytes."""


class Handle(Frozen):
    """What an execute started, named as the backend names it."""

    ref: str
    """The backend's own id: a run id, an issue key."""
    summary: str
    url: str | None = None


class Applied(Frozen):
    """Whether *my* call landed, read back by its idempotency key."""

    answer: Literal["yes", "no", "unknown"]
    summary: str
    handle: Handle | None = None
    """The handle of what landed; present when the answer is yes."""


class Verification(Frozen):
    """Whether the *world* is now as intended."""

    status: Literal["passed", "failed", "pending"]
    summary: str
    after_seconds: float = 5.0
    """Pending only: look again after this many seconds."""
