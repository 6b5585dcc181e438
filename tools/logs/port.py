"""What any log store answers: which lines, in which window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from tools.kit.integration import Backend
from tools.kit.tool import Context

Level = Literal["debug", "info", "warning", "error", "critical"]


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which lines are wanted. All parts must hold; an empty string or None asks nothing."""

    start: datetime
    end: datetime
    service: str | None = None
    contains: str | None = None
    """A phrase in the message."""
    level: Level | None = None
    """This severity or worse."""
    labels: Mapping[str, str] | None = None
    limit: int = 50
    order: Literal["newest", "oldest"] = "newest"


@dataclass(frozen=True, slots=True)
class LogLine:
    at: datetime
    message: str
    level: str = ""
    """As the store has it, in lower case; empty where the line has none."""
    service: str = ""


@dataclass(frozen=True, slots=True)
class LogPage:
    """The lines asked for, in the order asked for."""

    lines: tuple[LogLine, ...]
    total: int
    """How many match in all, shown or not."""
    query: str
    """The exact request."""
    url: str | None = None
    partial: str = ""
    """Why the store could not look everywhere; empty where it could."""


class LogStore(Backend, Protocol):
    """Where log lines are kept."""

    async def search(self, query: LogQuery, ctx: Context) -> LogPage:
        """Raises InvalidCall, Unavailable or Refused. Nothing found is a page without lines."""
