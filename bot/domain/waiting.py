"""Whether an incident waits for a person who doesn't react, and who is called next."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.incident import Incident
from bot.domain.plan_state import PlanState, PlanStatus
from tools.kit.types import Frozen

PATIENCE = timedelta(minutes=5)
"""How long a person has to react before the next in line is called."""
RUNGS = 3
"""Most calls that nobody answers: to who is on call, to the approvers, to the owners."""


class Waiting(Frozen):
    """Somebody is to react."""

    since: datetime
    rung: int
    """Whom to call once the patience is over: 0 who is on call, 1 the approvers, 2 the owners."""
    plan: PlanState | None = None
    """The plan that needs a decision, where that is what is waited for."""

    @property
    def until(self) -> datetime:
        """When the next in line is called."""
        return self.since + PATIENCE


def waiting(incident: Incident) -> Waiting | None:
    """None where nobody is waited for, or everybody in the line was called."""
    if incident.resolved_at:
        return None
    reacted = incident.reacted_at
    asked = _asked(incident)
    unheard = [
        call
        for call in incident.calls
        if reacted is None or call.at > reacted or (call.anew and call.at == reacted)
    ]
    if len(unheard) >= RUNGS:
        return None
    call = unheard[-1] if unheard else None
    found: Waiting | None = None
    if asked and (call is None or call.at < asked.proposed_at):
        since = max(asked.proposed_at, reacted) if reacted else asked.proposed_at
        found = Waiting(since=since, rung=0, plan=asked)
    elif call:
        found = Waiting(since=call.at, rung=call.rung + 1, plan=asked)
    if found is None or found.rung >= RUNGS:
        return None
    # A moment before it expires nobody can still decide; when it has, a person is called anyway.
    late = asked and asked.expires_at and found.until >= asked.expires_at
    return None if late else found


def _asked(incident: Incident) -> PlanState | None:
    """The fix that waits for a decision, unless somebody said that they are on it."""
    fix = incident.fix
    if fix is None or fix.status is not PlanStatus.AWAITING or incident.taken_by:
        return None
    return fix
