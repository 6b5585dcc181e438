"""What becomes of a person's hint. Part of `decide`."""

from __future__ import annotations

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.incident import Incident
from bot.domain.plan_state import PlanState, PlanStatus
from bot.domain.refusals import CommandRefusedError

MOST_HINTS = 20
MOST_LOOKS_AGAIN = 3
"""How often hints may have one incident looked into anew."""
_UNDER_WAY = (PlanStatus.AWAITING, PlanStatus.READY, PlanStatus.RUNNING, PlanStatus.DONE)


def hinted(incident: Incident, command: c.GiveHint) -> list[e.IncidentEvent]:
    """Kept in any case; it has the incident looked into anew where that can change anything."""
    if incident.resolved_at:
        raise CommandRefusedError(f"{incident.id} is resolved, so nobody looks any more")
    if not command.text.strip():
        raise CommandRefusedError("say what to look at or what to try, in a few words")
    if len(incident.hints) >= MOST_HINTS:
        raise CommandRefusedError(f"{incident.id} has {MOST_HINTS} hints; no more are taken")
    return [
        e.HintGiven(
            at=command.at,
            actor=command.actor,
            text=command.text,
            again=command.usable and may_look_again(incident),
        )
    ]


def may_look_again(incident: Incident) -> bool:
    """The investigation has ended, nothing it proposed is under way, and it wasn't too often."""
    ended = incident.diagnosis is not None and not incident.stop
    return ended and not fix_under_way(incident) and incident.looks_again < MOST_LOOKS_AGAIN


def fix_under_way(incident: Incident) -> PlanState | None:
    """The fix that waits, runs, or may still have to be put back."""
    return next((f for f in incident.fixes if f.status in _UNDER_WAY or f.live), None)
