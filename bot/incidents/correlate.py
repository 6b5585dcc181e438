"""Which open incident an alert belongs to. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.domain.incident import Incident
from bot.domain.values import Alert
from bot.policy.inventory import Inventory
from bot.policy.topology import foundations

_WINDOW = timedelta(minutes=30)
"""How far apart alerts of one service may begin, and how long an incident may gather others."""
_CASCADE = timedelta(minutes=10)
"""How far apart alerts of connected services may begin."""
_MOST_HOPS = 2


def correlate(alert: Alert, open_incidents: Iterable[Incident], inventory: Inventory) -> str | None:
    """The id of the incident `alert` is part of: the nearest in topology, then in time.

    One of the same service and environment, or of a service that is connected by `depends_on`:
    it suffers from what the incident has, or what the incident began with rests on it. That two
    services carry, or rest on, the same third connects them only once that one has an alert: a
    gateway that rests on everything would draw every incident into one. An alert that names no
    service belongs to no other's incident.
    """
    if not alert.service:
        return None
    nearest = min(
        (
            (hops, abs(alert.starts_at - _began(incident)), number, incident.id)
            for number, incident in enumerate(open_incidents)
            if (hops := _hops(alert, incident, inventory)) is not None
        ),
        default=None,
    )
    return nearest[-1] if nearest else None


def _hops(alert: Alert, incident: Incident, inventory: Inventory) -> int | None:
    """How many hops lie between the alert and the incident; None where it is not part of it."""
    there = [
        known
        for known in incident.alerts.values()
        if known.service and known.environment == alert.environment
    ]
    same = [known for known in there if known.service == alert.service]
    if any(_apart(alert, known) <= _WINDOW for known in same):
        return 0
    # A chain of neighbours, each a little later, must not keep one incident open for ever.
    if not there or abs(alert.starts_at - _began(incident)) > _WINDOW:
        return None
    firing = [known for known in there if known.status == "firing"]
    below = {
        service: foundations(service, inventory, _MOST_HOPS)
        for service in (alert.service, *(known.service for known in firing))
    }
    alerting = {known.service for known in firing}
    found: list[int] = []
    for known in firing:
        if _apart(alert, known) > _CASCADE:
            continue
        if known.service in below[alert.service]:
            found.append(below[alert.service][known.service])
        explained = (alerting - {known.service}).intersection(below[known.service])
        if alert.service in below[known.service] and not explained:
            found.append(below[known.service][alert.service])
    return min(found, default=None)


def _began(incident: Incident) -> datetime:
    return min(known.starts_at for known in incident.alerts.values())


def _apart(alert: Alert, known: Alert) -> timedelta:
    return abs(alert.starts_at - known.starts_at)
