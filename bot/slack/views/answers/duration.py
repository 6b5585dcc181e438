"""How long: since when, and until when where it is over."""

from __future__ import annotations

from bot.slack.views.answers.told import Told, answered
from bot.slack.views.text import clock, lasting


def duration(told: Told) -> str:
    incident = told.scene.incident
    began = min(alert.starts_at for alert in incident.alerts.values())
    opened = incident.opened_at or began
    if incident.resolved_at:
        took = lasting(began, incident.resolved_at)
        first = f"It took {took}: from {clock(began)} to {clock(incident.resolved_at)}."
    else:
        first = f"{lasting(began, told.now)} so far, since {clock(began)}."
    known = incident.diagnosed_at
    return answered(
        told,
        first,
        f"I heard of it {clock(opened)}." if (opened - began).total_seconds() >= 60 else "",
        f"The diagnosis stood after {lasting(opened, known)}." if known else "",
        "How much longer it takes is not known." if not incident.resolved_at else "",
    )
