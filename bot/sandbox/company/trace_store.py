"""The spans that the sample company's processes made, the newest kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MOST_SPANS = 30_000


@dataclass(frozen=True, slots=True)
class StoredSpan:
    """One span; `at` in seconds since the epoch, `error` empty where it went well."""

    trace_id: str
    span_id: str
    parent_id: str
    service: str
    host: str
    name: str
    at: float
    seconds: float
    error: str


class TraceStore:
    """Holds spans in the order in which they ended."""

    def __init__(self) -> None:
        self._spans: deque[StoredSpan] = deque(maxlen=MOST_SPANS)

    def __iter__(self) -> Iterator[StoredSpan]:
        return iter(self._spans)

    def add(self, service: str, host: str, said: dict[str, Any]) -> None:
        """Keep what a process said of a span of its own."""
        self._spans.append(
            StoredSpan(
                trace_id=said["trace_id"],
                span_id=said["span_id"],
                parent_id=said["parent_id"],
                service=service,
                host=host,
                name=said["name"],
                at=said["at"],
                seconds=said["seconds"],
                error=said["error"],
            )
        )
