"""The first words to an agent: the incident, what is known, what was seen already."""

from __future__ import annotations

import json

from bot.agent.data import fenced, shown
from bot.agent.survey import Survey
from bot.domain.incident import Incident
from bot.domain.values import PlanDraft
from bot.policy.inventory import Inventory

_EVIDENCE_CHARS = 500
_ALERT_CHARS = 1_500
_NEIGHBOURS = 6


def brief(
    incident: Incident, survey: Survey, playbook: PlanDraft | None, inventory: Inventory
) -> str:
    """Everything an investigation starts from, the trusted apart from the data."""
    parts = [
        f"Incident {incident.id}, {incident.severity}, service {incident.service or 'unknown'},"
        f" environment {incident.environment or 'unknown'},"
        f" since {survey.alert.starts_at:%Y-%m-%d %H:%M:%S} UTC.",
        *(_alert(incident, fingerprint) for fingerprint in incident.alerts),
        _services(incident, inventory),
        _runbook(survey, playbook),
    ]
    seen = survey.work.evidence
    if seen:
        parts.append("Seen already:")
        parts += [shown(id_, evidence, _EVIDENCE_CHARS) for id_, evidence in seen.items()]
    return "\n\n".join(part for part in parts if part)


def _alert(incident: Incident, fingerprint: str) -> str:
    alert = incident.alerts[fingerprint]
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
        return "No runbook is for this alert."
    found = survey.playbook
    lines = [f"Runbook {r.runbook.title!r} was followed." for r in survey.tried]
    if found:
        reasoning, cause = found
        lines.append(f"It says: {cause.cause} (from {', '.join(cause.supported_by)}).")
        lines += [f"It rules out: {o.cause} ({o.why})." for o in reasoning.ruled_out()]
    else:
        lines.append("None of the causes it knows holds.")
    if playbook:
        lines.append("Its steps, as they would be called:")
        lines += [f"- {s.tool} {json.dumps(s.params, sort_keys=True)}" for s in playbook.steps]
    return "\n".join(lines)
