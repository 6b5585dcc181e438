"""Which open incident an alert belongs to. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from bot.domain.incident import Incident
from bot.domain.values import Alert

_WINDOW = timedelta(minutes=30)


def correlate(alert: Alert, open_incidents: Iterable[Incident]) -> str | None:
    """The id of the incident `alert` is part of: same service and environment, near in time.

    An alert that names no service belongs to no other's incident.
    """
    if not alert.service:
        return None
    for incident in open_incidents:
        same = (incident.service, incident.environment) == (alert.service, alert.environment)
        if same and any(
            abs(alert.starts_at - known.starts_at) <= _WINDOW for known in incident.alerts.values()
        ):
            return incident.id
    return None
