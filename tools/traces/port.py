"""What any store of traces answers: the requests a service had part in, span by span."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tools.kit.integration import Backend
from tools.kit.tool import Context


@dataclass(frozen=True, slots=True)
class TraceQuery:
    """Which traces are wanted: those with a span of the service that began in the window."""

    service: str
    start: datetime
    end: datetime
    operation: str | None = None
    min_seconds: float | None = None
    """Only traces with a span that took at least this long."""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Span:
    """One piece of work on a request."""

    trace_id: str
    id: str
    parent_id: str
    """Empty for the first of a trace."""
    service: str
    operation: str
    start: datetime
    seconds: float
    failed: bool = False
    error: str = ""
    """What a failed one says of itself."""


@dataclass(frozen=True, slots=True)
class TracePage:
    """The spans of the traces asked for, all services of each, in no order."""

    spans: tuple[Span, ...]
    query: str
    """The exact request."""
    url: str | None = None


class TraceStore(Backend, Protocol):
    """Where traces are kept."""

    async def find(self, query: TraceQuery, ctx: Context) -> TracePage:
        """Raises InvalidCall, Unavailable or Refused. Nothing found is a page without spans."""
