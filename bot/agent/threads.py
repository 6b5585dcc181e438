"""Whether an incident is wide, and how it is cut into parts, by the inventory. Pure."""

from __future__ import annotations

from hashlib import sha256

from bot.domain.incident import Incident
from bot.domain.values import Alert, Thread
from bot.policy.inventory import Inventory
from bot.policy.topology import foundations

MOST_THREADS = 5
_HOPS = 4


def cut(incident: Incident, inventory: Inventory) -> tuple[Thread, ...]:
    """One thread for each service that an alert names, and for each quiet one that two of them
    rest on; none where a single service is concerned."""
    alerting = sorted(incident.services)
    if len(alerting) < 2:
        return ()
    rests = {service: upstream(service, inventory) for service in alerting}
    shared = sorted(
        {
            name
            for service in alerting
            for name in rests[service]
            if name not in alerting and sum(name in others for others in rests.values()) > 1
        }
    )
    return tuple(_thread(name, inventory) for name in [*alerting, *shared][:MOST_THREADS])


def upstream(service: str, inventory: Inventory) -> frozenset[str]:
    """Everything the service rests on, directly or not."""
    return frozenset(foundations(service, inventory, _HOPS)) - {service}


def rank(services: frozenset[str], inventory: Inventory) -> dict[str, int]:
    """How many of the others rest on each: a cause has many, a symptom none."""
    rests = {service: upstream(service, inventory) for service in services}
    return {s: sum(s in rests[other] for other in services if other != s) for s in services}


def alert_of(incident: Incident, thread: Thread) -> Alert:
    """The thread's own alert; the incident's first, told for its service, where it has none."""
    for alert in incident.firing:
        if alert.service in thread.services:
            return alert
    first = (incident.firing or tuple(incident.alerts.values()))[0]
    quiet = {"service": thread.services[0], "labels": {"service": thread.services[0]}}
    return first.model_copy(update=quiet)


def _thread(service: str, inventory: Inventory) -> Thread:
    known = inventory.services.get(service)
    named = known or any(service in entry.depends_on for entry in inventory.services.values())
    # A name that only an alert says could be an instruction, so it is not told as one.
    name = service if named else f"unknown-{sha256(service.encode()).hexdigest()[:6]}"
    about = known.description if known else ""
    return Thread(
        id=name,
        title=service,
        question=f"Is {name} the cause, or does it suffer from another? {about}".strip(),
        services=(service,),
    )
