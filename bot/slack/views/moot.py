"""What is not worth a message of its own any more, where it isn't posted yet."""

from __future__ import annotations

from bot.domain.incident import Incident
from bot.domain.plan_state import PlanStatus
from bot.slack.scene import Scene
from bot.slack.slots import Slot

_FOR_NOW = ("failure", "relapse", "words", "breaker")
"""Kinds that are for whoever works on it, and nobody's once it is resolved."""


def is_moot(scene: Scene, slot: Slot) -> bool:
    """After an hour without Slack people are told what matters then, not what mattered in it.

    Of an incident that was over by itself within two minutes there is the card alone.
    """
    incident = scene.incident
    if slot.moot or slot.id == "card" or slot.kind == "answer":
        return slot.moot
    if incident.brief:
        return True
    match slot.kind:
        case "approval":
            return not _still_asked(incident, slot.id.partition(":")[2])
        case "escalation":
            return not _still_called(incident, int(slot.id.split(":")[1]))
        case kind:
            return kind in _FOR_NOW and incident.resolved_at is not None


def _still_asked(incident: Incident, plan_id: str) -> bool:
    """It waits, or it is the last word on a fix that is still wanted."""
    fix = incident.fix
    if incident.plans[plan_id].status is PlanStatus.AWAITING:
        return True
    return incident.resolved_at is None and fix is not None and fix.plan.id == plan_id


def _still_called(incident: Incident, number: int) -> bool:
    """Nobody has reacted, and those it calls are not called once more since."""
    call, later = incident.calls[number - 1], incident.calls[number:]
    if incident.resolved_at or incident.taken_by:
        return False
    # A rejection calls at its own moment: who made it hasn't answered the call by that.
    if incident.reacted_at and incident.reacted_at > call.at:
        return False
    return not any(set(call.to) <= set(other.to) for other in later)
