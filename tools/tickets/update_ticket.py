"""The tool that comments on a ticket and moves it along."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from tools.kit.errors import InvalidCall, OutcomeUnknown, ToolError
from tools.kit.excerpt import cut
from tools.kit.tool import Context, Params, WriteTool
from tools.kit.types import Applied, Change, DryRun, Effect, Handle, Target, Verification
from tools.tickets.port import Comment, Move, Status, Ticket, Tracker

USUAL_NAMES = frozenset({"to do", "open", "in progress", "done", "resolved", "closed"})
"""Preferred where a workflow offers several ways to the same end, such as `Won't do`."""


class UpdateTicketParams(Params):
    key: Annotated[
        str,
        Field(pattern=r"^[A-Z][A-Z0-9_]{1,20}-[1-9][0-9]{0,9}$",
              description="Key of the ticket, such as DATA-12."),
    ]  # fmt: skip
    comment: Annotated[
        str | None,
        Field(max_length=20_000, description="Plain text; a blank line begins a paragraph."),
    ] = None
    status: Annotated[Status | None, Field(description="Where to move it.")] = None


class UpdateTicket(WriteTool[UpdateTicketParams]):
    """Comment on a ticket, move it, or both.

    Use it to keep this incident's ticket true: what was found, what was done, and `done`
    once it is verified. Say something new in each comment. Not for a new piece of work.
    """

    name: ClassVar[str] = "update_ticket"
    effect: ClassVar[Effect] = Effect.RECORD

    def __init__(self, backend: Tracker) -> None:
        self._backend = backend

    async def dry_run(self, params: UpdateTicketParams, ctx: Context) -> DryRun:
        if not (params.comment or "").strip() and params.status is None:
            raise InvalidCall("nothing to do: give a comment, a status, or both")
        ticket = await self._there(params.key, ctx)
        changes = []
        if params.status:
            move = await self._move(ticket, params.status, ctx)
            after = move.status_name if move else ticket.status_name
            changes.append(
                Change(target=ticket.key, field="status", before=ticket.status_name, after=after)
            )
        text = _words(params)
        changes.append(Change(target=ticket.key, field="comment", before=None, after=text))
        verb = f"Move {ticket.key} to {changes[0].after}" if params.status else None
        return DryRun(
            summary=cut(" ".join((verb or f"Comment on {ticket.key}: {text}").split()), 120),
            targets=(Target(kind="ticket", name=ticket.key),),
            changes=tuple(changes),
        )

    async def execute(self, params: UpdateTicketParams, ctx: Context) -> Handle:
        ticket = await self._there(params.key, ctx)
        # Found before anything is written, so that a step the workflow lacks changes nothing.
        move = await self._move(ticket, params.status, ctx) if params.status else None
        written = any(each.key == ctx.key for each in await self._backend.comments(params.key, ctx))
        if not written:
            comment = Comment(_words(params), ctx.key, params.status)
            await self._backend.comment(params.key, comment, ctx)
        if move is not None:
            try:
                await self._backend.move(params.key, move, ctx)
            except OutcomeUnknown:
                raise
            except ToolError as error:
                # Half of it happened: neither "nothing was changed" nor "it is done".
                raise OutcomeUnknown(f"commented on {params.key}, then: {error}") from error
        return _handle(ticket)

    async def applied(self, key: str, handle: Handle | None, ctx: Context) -> Applied:
        """Without a handle the tracker's index is asked, which may lag by some seconds."""
        try:
            found = await self._find(key, handle, ctx)
        except ToolError as error:
            return Applied(answer="unknown", summary=f"could not be read back: {error}")
        if found is None:
            return Applied(answer="no", summary=f"no comment carries {key!r}")
        ticket, comment = found
        if comment.status and ticket.status != comment.status:
            return Applied(
                answer="unknown",
                summary=f"{ticket.key} has the comment, but is {ticket.status_name!r}",
            )
        return Applied(
            answer="yes", summary=f"{ticket.key} has the comment", handle=_handle(ticket)
        )

    async def verify(
        self, params: UpdateTicketParams, handle: Handle, ctx: Context
    ) -> Verification:
        ticket = await self._there(params.key, ctx)
        if params.status and ticket.status != params.status:
            return Verification(
                status="failed", summary=f"{ticket.key} is still {ticket.status_name!r}"
            )
        comments = await self._backend.comments(params.key, ctx)
        # A tracker may lay white space out anew.
        if all(each.text.split() != _words(params).split() for each in comments):
            return Verification(status="failed", summary=f"{ticket.key} lacks the comment")
        return Verification(
            status="passed", summary=f"{ticket.key} is {ticket.status_name}, commented"
        )

    async def _there(self, key: str, ctx: Context) -> Ticket:
        ticket = await self._backend.ticket(key, ctx)
        if ticket is None:
            raise InvalidCall(f"there is no ticket {key!r}, or it may not be seen from here")
        return ticket

    async def _move(self, ticket: Ticket, status: Status, ctx: Context) -> Move | None:
        """The step to take; None where the ticket is there already."""
        if ticket.status == status:
            return None
        moves = await self._backend.moves(ticket.key, ctx)
        fitting = [move for move in moves if move.status == status]
        if not fitting:
            offered = ", ".join(f"{move.status_name} ({move.status})" for move in moves)
            raise InvalidCall(
                f"{ticket.key} can't go from {ticket.status_name!r} to {status!r};"
                f" its workflow offers: {offered or 'nothing'}"
            )
        usual = [move for move in fitting if move.status_name.lower() in USUAL_NAMES]
        return (usual or fitting)[0]

    async def _find(
        self, key: str, handle: Handle | None, ctx: Context
    ) -> tuple[Ticket, Comment] | None:
        if handle is None:
            return await self._backend.commented(key, ctx)
        ticket = await self._backend.ticket(handle.ref, ctx)
        comments = await self._backend.comments(handle.ref, ctx) if ticket else ()
        mine = next((each for each in comments if each.key == key), None)
        return (ticket, mine) if ticket and mine else None


def _words(params: UpdateTicketParams) -> str:
    """What the comment says; a move alone says so, for the readers and to be found again."""
    said = (params.comment or "").strip()
    return said or f"Moved to {(params.status or '').replace('_', ' ')}."


def _handle(ticket: Ticket) -> Handle:
    return Handle(ref=ticket.key, summary=f"{ticket.key}: {ticket.summary}", url=ticket.url)
