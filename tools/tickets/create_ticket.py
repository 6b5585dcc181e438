"""The tool that files a ticket."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from tools.kit.errors import ToolError
from tools.kit.excerpt import cut
from tools.kit.tool import Context, Params, WriteTool
from tools.kit.types import Applied, Change, DryRun, Effect, Handle, Target, Verification
from tools.tickets.port import NewTicket, Priority, Ticket, Tracker


class CreateTicketParams(Params):
    summary: Annotated[
        str,
        Field(min_length=1, max_length=250, pattern=r"^[^\r\n]*\S[^\r\n]*$",
              description="What is wrong, in one line."),
    ]  # fmt: skip
    description: Annotated[
        str,
        Field(max_length=20_000, description="Plain text; a blank line begins a paragraph."),
    ] = ""
    project: Annotated[
        str | None,
        Field(pattern=r"^[A-Z][A-Z0-9_]{1,20}$",
              description="Key of another project than the usual one, such as DATA."),
    ] = None  # fmt: skip
    labels: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[^\s]{1,100}$")], ...],
        Field(max_length=10, description="Words to find it by, without spaces."),
    ] = ()
    priority: Annotated[Priority | None, Field(description="How urgent it is.")] = None


class CreateTicket(WriteTool[CreateTicketParams]):
    """File a ticket for work that outlives the incident.

    Use it for a cause that stays after the fix, such as a replica that lags. One ticket for
    one piece of work; not for progress of this incident, which goes to update_ticket.
    """

    name: ClassVar[str] = "create_ticket"
    effect: ClassVar[Effect] = Effect.RECORD

    def __init__(self, backend: Tracker) -> None:
        self._backend = backend

    async def dry_run(self, params: CreateTicketParams, ctx: Context) -> DryRun:
        project = await self._backend.project(params.project, ctx)
        name = f"new in {project}"
        fields = {
            "summary": params.summary,
            "description": params.description,
            "labels": ", ".join(params.labels),
            "priority": params.priority,
        }
        return DryRun(
            summary=cut(f"File a ticket in {project}: {params.summary}", 120),
            targets=(Target(kind="ticket", name=name),),
            changes=tuple(
                Change(target=name, field=field, before=None, after=value)
                for field, value in fields.items()
                if value
            ),
        )

    async def execute(self, params: CreateTicketParams, ctx: Context) -> Handle:
        there = await self._backend.created(ctx.key, ctx)
        if there is not None:
            return _handle(there)
        new = NewTicket(
            params.summary, params.description, params.project, params.labels, params.priority
        )
        return _handle(await self._backend.create(new, ctx.key, ctx))

    async def applied(self, key: str, handle: Handle | None, ctx: Context) -> Applied:
        """Without a handle the tracker's index is asked, which may lag by some seconds."""
        try:
            ticket = (
                await self._backend.ticket(handle.ref, ctx)
                if handle
                else await self._backend.created(key, ctx)
            )
        except ToolError as error:
            return Applied(answer="unknown", summary=f"could not be read back: {error}")
        if ticket is None:
            return Applied(answer="no", summary=f"no ticket was filed under {key!r}")
        return Applied(answer="yes", summary=f"{ticket.key} is there", handle=_handle(ticket))

    async def verify(
        self, params: CreateTicketParams, handle: Handle, ctx: Context
    ) -> Verification:
        ticket = await self._backend.ticket(handle.ref, ctx)
        if ticket is None:
            return Verification(status="failed", summary=f"{handle.ref} is not there")
        return Verification(status="passed", summary=f"{ticket.key} is {ticket.status_name}")


def _handle(ticket: Ticket) -> Handle:
    summary = f"{ticket.key}: {ticket.summary}" if ticket.summary else ticket.key
    return Handle(ref=ticket.key, summary=summary, url=ticket.url)
