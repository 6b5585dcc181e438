"""Everything that one person's Home tab may look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from bot.domain.following import Subscription
from bot.domain.incident import Incident
from bot.incidents.deciding import Waits
from bot.incidents.quiet import Quiet
from bot.slack.views.text import People
from tools.kit.types import Frozen


class HomeScene(Frozen):
    at: datetime | None = None
    """When it is looked at; what began on another day is dated."""
    member: bool = True
    """A full member. A guest decides nothing, commands nothing and opens nothing."""
    sees: bool = True
    """Can read the channel in which incidents are."""
    channel: str = ""
    """Id of that channel."""
    deciding: tuple[Waits, ...] = ()
    """Those of this person alone; whatever expires first, first."""
    commanding: tuple[Incident, ...] = ()
    open: tuple[Incident, ...] = ()
    """Most severe first, then longest open."""
    links: Mapping[str, Mapping[str, str]] = {}
    """Incident → slot → address of its message."""
    people: People = People()
    following: tuple[Subscription, ...] = ()
    quiet: Quiet | None = None


def most_severe_first(incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    def rank(incident: Incident) -> tuple[str, float]:
        return incident.severity, incident.opened_at.timestamp() if incident.opened_at else 0.0

    return tuple(sorted(incidents, key=rank))
