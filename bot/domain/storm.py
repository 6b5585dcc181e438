"""When many incidents are one storm. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain.incident import Call, Incident
from bot.domain.plan_state import PlanStatus
from tools.kit.types import Frozen

MANY = 5
"""Incidents …"""
WITHIN = timedelta(minutes=5)
"""… in so long are a storm."""


class Opening(Frozen):
    """When an incident opened, by the ledger's own clock."""

    incident: str
    at: datetime


class Storm(Frozen):
    """Incidents that opened close together, the first first."""

    incidents: tuple[str, ...]

    @property
    def id(self) -> str:
        """`STORM-412`, after its first incident; what joins later never changes it."""
        return f"STORM-{self.incidents[0].rpartition('-')[2]}"


def storms(openings: Sequence[Opening]) -> list[Storm]:
    """The storms among these, given in the order in which they opened.

    An incident is part of one where it is among five of which the last opened at most five minutes
    after the first; fives that share an incident are the same storm. So what is known of a storm
    holds for ever, on every replica: later incidents add to its end alone.
    """
    found: list[list[str]] = []
    end = 0
    """Behind the last incident that is in one."""
    for first in range(len(openings) - MANY + 1):
        last = first + MANY
        if openings[last - 1].at - openings[first].at > WITHIN:
            continue
        if first >= end:
            found.append([])
        found[-1] += [each.incident for each in openings[max(first, end) : last]]
        end = last
    return [Storm(incidents=tuple(incidents)) for incidents in found]


def stands_alone(incident: Incident) -> bool:
    """Whether something in it needs a decision of its own, and so a thread: a fix that waits, runs
    or failed."""
    return incident.resolved_at is None and _own_since(incident) is not None


def shared_calls(incident: Incident) -> list[tuple[int, Call]]:
    """Its calls that the storm's thread makes for it, by number: those before a fix of its own."""
    own = _own_since(incident)
    numbered = enumerate(incident.calls, start=1)
    return [(number, call) for number, call in numbered if own is None or call.at < own]


def _own_since(incident: Incident) -> datetime | None:
    tried = [f.proposed_at for f in incident.fixes if f.status is not PlanStatus.BLOCKED]
    return min(tried, default=None)
