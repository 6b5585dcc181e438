"""What to look at when no runbook fits: the service's logs and metrics, and what it rests on."""

from __future__ import annotations

from bot.agent.fieldwork import Look
from bot.domain.values import Alert
from bot.policy.inventory import Inventory
from bot.policy.topology import surroundings
from tools.kit.types import Evidence

_MINUTES = 60
_MOST_DEPENDENCIES = 4
_CHANGED_MINUTES = 120
_TRACED_MINUTES = 15
_MOST_AROUND = 20


def sweep_looks(alert: Alert, inventory: Inventory, *, traces: bool) -> list[Look]:
    """Reads around the alert; of an alert that names no service, a search by its words.

    `traces`: whether traces are kept anywhere; most places keep none, and miss nothing by it.
    """
    looks: list[Look] = []
    if alert.service:
        looks += [
            _logs(alert.service, f"Logs of {alert.service}"),
            _errors(alert.service),
            _metrics(alert.service),
        ]
        if traces:
            looks.append(_traces(alert.service))
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


def always_looks(alert: Alert, inventory: Inventory) -> list[Look]:
    """What every investigation looks at where it is configured: incidents that were alike, and
    what was changed around the service."""
    about = " ".join([alert.title, alert.service, alert.labels.get("alertname", "")])
    looks = [
        Look(
            id="always.incidents",
            title="Past incidents",
            tool="search_incidents",
            params={"query": about[:500]},
        )
    ]
    if alert.service:
        around = surroundings(alert.service, inventory)[:_MOST_AROUND]
        looks += [
            Look(
                id="always.changes",
                title="Recent changes",
                tool="query_changes",
                params={"services": around, "minutes": _CHANGED_MINUTES},
            ),
        ]
    return looks


def sweep_finding(look: Look, evidence: Evidence) -> str:
    """What stands out: the first error of logs, the metric that left its usual range."""
    values = evidence.values
    if evidence.status == "found" and values.get("first_error"):
        return f"{look.title}: {values['first_error']}"
    if evidence.status == "found" and values.get("anomaly"):
        return f"{look.title}: {values['anomaly']}"
    return f"{look.title}: {evidence.summary}"


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


def _traces(service: str) -> Look:
    return Look(
        id=f"sweep.traces.{service}",
        title=f"Traces of {service}",
        tool="query_traces",
        params={"service": service, "minutes": _TRACED_MINUTES},
    )
