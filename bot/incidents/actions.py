"""What every call that changes something has in common: its key, its deadline, its patience."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from pydantic import ValidationError

from bot.domain.controls import EVERYTHING, Stopped
from bot.domain.incident import Incident
from bot.domain.plan_state import PlanState
from tools.kit.errors import Refused
from tools.kit.tool import Context, Params, WriteTool
from tools.kit.types import DryRun

PATIENCE = timedelta(minutes=5)
"""How long an action waits for a backend that doesn't answer before it is given up."""
RETRY = timedelta(seconds=5)
_LOOK = timedelta(seconds=20)
"""How long a call that only looks may take."""


def action_key(incident: Incident, plan_id: str, step: int) -> str:
    """The idempotency key of a step: the same after a restart, another in another Redis."""
    born = sha256(f"{incident.id} {incident.opened_at}".encode()).hexdigest()[:8]
    return f"{incident.id}-{plan_id}-{step + 1}-{born}"


def switches(incident: Incident, state: PlanState, services: Iterable[str]) -> tuple[str, ...]:
    """The stops that hold a step back. One incident's stops its fixes; its books go on."""
    own = (incident.id,) if state.plan.purpose == "fix" else ()
    return (EVERYTHING, *own, *services)


def stopped(stop: Stopped) -> str:
    """`everything was stopped by Maya 02:27: a bad deploy`, in the server's own time zone."""
    what = "everything" if stop.scope == EVERYTHING else stop.scope
    return f"{what} was stopped by {stop.name} {stop.at.astimezone():%H:%M}: {stop.reason}"


async def preview(tool: WriteTool[Any], params: Params, ctx: Context) -> DryRun:
    """A fresh dry run. Raises ToolError: Refused for one that names no target."""
    try:
        return await tool.dry_run(params, ctx)
    except ValidationError as error:
        raise Refused(f"{tool.name} can't say what it would touch, so it may not run") from error


def call_context(now: datetime, key: str = "") -> Context:
    """For a call that changes nothing."""
    return Context(deadline=now + _LOOK, key=key)
