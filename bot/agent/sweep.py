"""What to look at when no runbook fits: the service's logs and metrics, and what it rests on."""

from __future__ import annotations

from bot.agent.fieldwork import Look
from bot.domain.values import Alert
from bot.policy.inventory import Inventory

_MINUTES = 60
_MOST_DEPENDENCIES = 4


def sweep_looks(alert: Alert, inventory: Inventory) -> list[Look]:
    """Reads around the alert; of an alert that names no service, a search by its words."""
    looks: list[Look] = []
    if alert.service:
        looks += [
            _logs(alert.service, f"Logs of {alert.service}"),
            _errors(alert.service),
            _metrics(alert.service),
        ]
    else:
        looks.append(
            Look(
                id="sweep.logs",
                title="Logs with the alert's words",
                tool="query_logs",
                params={"contains": alert.title[:200], "minutes": _MINUTES},
            )
        )
    known = inventory.services.get(alert.service)
    for dependency in (known.depends_on if known else ())[:_MOST_DEPENDENCIES]:
        looks += [_errors(dependency), _metrics(dependency)]
    looks.append(
        Look(
            id="sweep.runbooks",
            title="Similar runbooks",
            tool="search_runbooks",
            params={"query": alert.title[:500], "limit": 3},
        )
    )
    return looks


def _logs(service: str, title: str) -> Look:
    params = {"service": service, "minutes": _MINUTES, "limit": 50}
    return Look(id=f"sweep.logs.{service}", title=title, tool="query_logs", params=params)


def _errors(service: str) -> Look:
    return Look(
        id=f"sweep.errors.{service}",
        title=f"Errors of {service}",
        tool="query_logs",
        params={"service": service, "level": "error", "minutes": _MINUTES, "limit": 50},
    )


def _metrics(service: str) -> Look:
    return Look(
        id=f"sweep.metrics.{service}",
        title=f"Metrics of {service}",
        tool="query_metrics",
        params={"query": '{service="' + service.replace('"', "") + '"}', "minutes": _MINUTES},
    )
