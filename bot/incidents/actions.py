"""What every call that changes something has in common: its key, its deadline, its patience."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from bot.domain.incident import Incident
from tools.kit.tool import Context

PATIENCE = timedelta(minutes=5)
"""How long an action waits for a backend that doesn't answer before it is given up."""
RETRY = timedelta(seconds=5)
_LOOK = timedelta(seconds=20)
"""How long a call that only looks may take."""
STOP_SWITCHES = ("all",)


def action_key(incident: Incident, plan_id: str, step: int) -> str:
    """The idempotency key of a step: the same after a restart, another in another Redis."""
    born = sha256(f"{incident.id} {incident.opened_at}".encode()).hexdigest()[:8]
    return f"{incident.id}-{plan_id}-{step + 1}-{born}"


def call_context(now: datetime, key: str = "") -> Context:
    """For a call that changes nothing."""
    return Context(deadline=now + _LOOK, key=key)
