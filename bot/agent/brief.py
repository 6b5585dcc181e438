"""The first words to an agent: the incident, what is known, what was seen already."""

from __future__ import annotations

import json

from bot.agent.context import AMPLE, Sizes
from bot.agent.data import fenced, shown
from bot.agent.survey import Survey
from bot.domain.incident import Incident
from bot.domain.values import Alert, PlanDraft
from bot.policy.inventory import Inventory

_ALERT_CHARS = 1_500
_MOST_ALERTS = 8
_NEIGHBOURS = 6


def brief(
    incident: Incident,
    survey: Survey,
    playbook: PlanDraft | None,
    inventory: Inventory,
    shows: Sizes = AMPLE,
) -> str:
    """Everything an investigation starts from, the trusted apart from the data."""
    known = inventory.services.get(incident.service)
    service = f"service {incident.service}" if known else "a service that the inventory has not"
    parts = [
        f"Incident {incident.id}, {incident.severity}, {service},"
        f" environment {known.environment if known else 'unknown'},"
        f" since {survey.alert.starts_at:%Y-%m-%d %H:%M:%S} UTC.",
        *_alerts(incident),
        _services(incident, inventory),
        _runbook(survey, playbook),
    ]
    seen = survey.work.evidence
    if seen:
        parts.append("Seen already:")
        most = min(shows.evidence, shows.survey // len(seen))
        parts += [shown(id_, evidence, most) for id_, evidence in seen.items()]
    return "\n\n".join(part for part in parts if part)


def _alerts(incident: Incident) -> list[str]:
    """Those that fire first; a flood of them is counted, not told."""
    alerts = sorted(incident.alerts.values(), key=lambda alert: alert.status != "firing")
    told = [_alert(alert) for alert in alerts[:_MOST_ALERTS]]
    more = len(alerts) - len(told)
    return [*told, f"… and {more} more alerts."] if more else told


def _alert(alert: Alert) -> str:
    told = {"title": alert.title, "labels": alert.labels, "annotations": alert.annotations}
    body = json.dumps(told, ensure_ascii=False, sort_keys=True)[:_ALERT_CHARS]
    return f"Alert, {alert.status}:\n{fenced(alert.source, body)}"


def _services(incident: Incident, inventory: Inventory) -> str:
    """The service and its neighbours, as its owners describe them."""
    known = inventory.services.get(incident.service)
    if known is None:
        return ""
    near = [incident.service, *known.depends_on]
    near += [n for n, s in inventory.services.items() if incident.service in s.depends_on]
    lines = []
    for name in dict.fromkeys(near[:_NEIGHBOURS]):
        entry = inventory.services.get(name)
        if entry:
            parts = ", ".join((*entry.jobs, *entry.instances)) or "–"
            rests = ", ".join(entry.depends_on) or "nothing"
            lines.append(f"- {name}: {entry.description} Rests on {rests}. Parts: {parts}.")
    return "Services:\n" + "\n".join(lines)


def _runbook(survey: Survey, playbook: PlanDraft | None) -> str:
    if not survey.tried:
        return _followed_by_an_agent(playbook)
    found = survey.playbook
    lines = [f"Runbook {r.runbook.title!r} was followed." for r in survey.tried]
    if found is None:
        return "\n".join([*lines, "None of the causes it knows holds."])
    # Its words hold values that were read, so they are data as well.
    reasoning, cause = found
    says = [f"Cause: {cause.cause} (from {', '.join(cause.supported_by)})."]
    says += [f"Ruled out: {o.cause} ({o.why})." for o in reasoning.ruled_out()]
    says += _steps(playbook)
    return "\n".join([*lines, "It says:", fenced("runbook", "\n".join(says))])


def _followed_by_an_agent(playbook: PlanDraft | None) -> str:
    """Who combines has followed none, and is to know what the believed agent's would do."""
    if playbook is None or playbook.runbook is None:
        return "No runbook is for this alert."
    told = fenced("runbook", "\n".join(_steps(playbook)))
    return f"Runbook {playbook.runbook.title!r} was followed by an agent. It says:\n{told}"


def _steps(playbook: PlanDraft | None) -> list[str]:
    if playbook is None:
        return []
    steps = [f"- {s.tool} {json.dumps(s.params, sort_keys=True)}" for s in playbook.steps]
    return ["Its steps, as they would be called:", *steps]
