"""A small runbook, tools that do nothing, and an alert."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar

import pytest
from pydantic import Field

from bot.domain.values import Alert
from tools.kit.catalog import Catalog
from tools.kit.tool import Context, Params, ReadTool, WriteTool
from tools.kit.types import Applied, DryRun, Effect, Evidence, Handle, Target, Verification

RUNBOOK = """\
---
id: slow
title: Slow disk
match:
  alerts: [DiskSlow]
  labels: {service: db}
inputs:
  host: alert.labels.host
  limit: 5
checks:
  - id: latency
    title: Latency
    tool: look
    params: {query: 'latency{host="${host}"}'}
    capture: {ms: value}
    expect: ms > limit
    finding: "${host} takes ${ms} ms"
    otherwise: "${host} is quick"
  - id: queue
    title: Queue
    needs: [ms]
    tool: look
    params: {query: queue}
    expect: value > 10
causes:
  - id: full
    cause: "${host} is full"
    when: latency && queue
    supported_by: [latency, queue]
    confidence: high
  - id: worn
    cause: "${host} is worn out"
    when: latency
    supported_by: [latency]
    against: [queue]
    confidence: high
guards:
  - {id: still_slow, reading: latency, expect: ms > limit, label: Latency, show: "${ms} ms"}
steps:
  - tool: clean
    params: {host: "${host}"}
verify:
  - {id: quick, title: Latency, tool: look, params: {query: latency}, expect: value < limit}
resolution: "${host} cleaned"
follow_up:
  - {for: [full, worn], summary: "Bigger disk for ${host}", owner_of: "${host}"}
---
# Slow disk
Words for people about spindles.
"""


class LookParams(Params):
    query: Annotated[str, Field(description="What to look for.")]
    minutes: Annotated[int, Field(ge=1, description="How far back.")] = 5


class Look(ReadTool[LookParams]):
    """Look."""

    name: ClassVar[str] = "look"
    yields: ClassVar[frozenset[str]] = frozenset({"value"})

    async def run(self, params: LookParams, ctx: Context) -> Evidence:
        return Evidence(tool=self.name, query=params.query, summary="", status="empty")


class CleanParams(Params):
    host: Annotated[str, Field(description="Which host.")]


class Clean(WriteTool[CleanParams]):
    """Clean a disk."""

    name: ClassVar[str] = "clean"
    effect: ClassVar[Effect] = Effect.WRITE

    async def dry_run(self, params: CleanParams, ctx: Context) -> DryRun:
        return DryRun(summary="Clean", targets=(Target(kind="host", name=params.host),))

    async def execute(self, params: CleanParams, ctx: Context) -> Handle:
        return Handle(ref="1", summary="cleaning")

    async def applied(self, key: str, handle: Handle | None, ctx: Context) -> Applied:
        return Applied(answer="unknown", summary="")

    async def verify(self, params: CleanParams, handle: Handle, ctx: Context) -> Verification:
        return Verification(status="pending", summary="")


@pytest.fixture
def catalog() -> Catalog:
    return Catalog([Look(), Clean()])


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes the runbook with replacements, and gives the folder."""

    def written(*changes: tuple[str, str], name: str = "slow.md") -> Path:
        text = RUNBOOK
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    return written


@pytest.fixture
def alert() -> Callable[..., Alert]:
    def made(title: str = "Disk slow", **labels: str) -> Alert:
        starts_at = datetime(2026, 11, 23, 1, 47, tzinfo=UTC)
        return Alert(
            fingerprint="f",
            source="alertmanager",
            status="firing",
            title=title,
            labels=labels,
            starts_at=starts_at,
        )

    return made


@pytest.fixture
def found() -> Callable[..., Evidence]:
    def made(**values: Any) -> Evidence:
        return Evidence(tool="look", query="q", summary="seen", values=values)

    return made
