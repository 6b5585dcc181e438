"""What any tracker can tell and do: find, create, comment on and move a ticket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from tools.kit.integration import Backend
from tools.kit.tool import Context

Status = Literal["todo", "in_progress", "done"]
Priority = Literal["highest", "high", "medium", "low", "lowest"]


@dataclass(frozen=True, slots=True)
class NewTicket:
    summary: str
    description: str = ""
    """Plain text; a blank line begins a paragraph."""
    project: str | None = None
    """Key of the project; None for the one the deployment files into."""
    labels: tuple[str, ...] = ()
    priority: Priority | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    key: str
    summary: str
    status: Status
    status_name: str
    """What the tracker calls it: `Selected for Development`."""
    url: str


@dataclass(frozen=True, slots=True)
class Move:
    """A step the workflow offers from where the ticket is."""

    id: str
    status: Status
    status_name: str


@dataclass(frozen=True, slots=True)
class Comment:
    text: str
    key: str
    """Of the call that wrote it; empty where that was no call of ours."""
    status: Status | None = None
    """Where the same call moved the ticket."""


class Tracker(Backend, Protocol):
    """Where tickets are kept. Each method raises ToolError."""

    async def project(self, key: str | None, ctx: Context) -> str:
        """Key of the project a new ticket goes to. Raises InvalidCall where there is none."""

    async def create(self, ticket: NewTicket, key: str, ctx: Context) -> Ticket:
        """File it, findable by `key`. Sent once."""

    async def created(self, key: str, ctx: Context) -> Ticket | None:
        """The ticket the call under `key` filed. A tracker's index may lag by seconds."""

    async def ticket(self, ticket: str, ctx: Context) -> Ticket | None:
        """One ticket by its key; None where there is none."""

    async def moves(self, ticket: str, ctx: Context) -> tuple[Move, ...]:
        """Where the workflow lets it go now."""

    async def move(self, ticket: str, move: Move, ctx: Context) -> None:
        """Sent once."""

    async def comment(self, ticket: str, comment: Comment, ctx: Context) -> None:
        """Write it, findable by its key. Sent once."""

    async def comments(self, ticket: str, ctx: Context) -> tuple[Comment, ...]:
        """The hundred latest, newest first."""

    async def commented(self, key: str, ctx: Context) -> tuple[Ticket, Comment] | None:
        """What the call under `key` wrote, on whichever ticket."""
