"""What any feed of changes answers: what was changed of these services in a window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from tools.kit.integration import Backend
from tools.kit.tool import Context

Kind = Literal["deploy", "config", "other"]


@dataclass(frozen=True, slots=True)
class ChangeQuery:
    """Which changes are wanted: those that name one of the services."""

    services: tuple[str, ...]
    start: datetime
    end: datetime
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Change:
    """One deploy or change of configuration, as whoever made it put it."""

    at: datetime
    text: str
    services: tuple[str, ...]
    """Those asked for that it names."""
    kind: Kind = "other"
    by: str = ""
    """Who or what made it; empty where the feed does not say."""


@dataclass(frozen=True, slots=True)
class ChangePage:
    """The changes asked for, newest first."""

    changes: tuple[Change, ...]
    query: str
    """The exact request."""
    cut_off: bool = False
    """Whether there may be more, older ones."""
    url: str | None = None


class ChangeFeed(Backend, Protocol):
    """Where deploys and changes of configuration are told."""

    async def changes(self, query: ChangeQuery, ctx: Context) -> ChangePage:
        """Raises InvalidCall, Unavailable or Refused. Nothing found is a page without changes."""
