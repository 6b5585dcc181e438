"""The answer to "why", from what the ledger knows."""

from __future__ import annotations

from bot.domain.incident import Incident
from bot.domain.quorum import missing
from bot.slack.scene import Stage, stage_of
from bot.slack.views.approvers import who
from bot.slack.views.text import People, clock, said


def whom_it_names(incident: Incident) -> set[str]:
    """User ids and group handles whose names the answer needs."""
    fix = incident.fix
    return set(fix.verdict.approvers) if fix and fix.verdict.kind == "ask" else set()


def answer_text(incident: Incident, people: People) -> str:
    """Two to five short sentences, the answer first."""
    stage = stage_of(incident)
    alert = next(iter(incident.alerts.values()))
    reached = incident.diagnosis
    title = said(incident.title, 160)
    if reached and reached.cause:
        parts = [f"{title}: {said(reached.cause, 240)}."]
    elif reached:
        parts = [f"{title} at {clock(alert.starts_at)}. The cause is not known."]
    else:
        parts = [f"{title} at {clock(alert.starts_at)}. I am still investigating."]
    fix = incident.fix
    if stage is Stage.NEEDS_APPROVAL and fix and fix.expires_at and fix.verdict.kind == "ask":
        whom = who(missing(fix.verdict, fix.decisions), people.name)
        parts.append(f"A fix waits for {whom} until {clock(fix.expires_at)}.")
    elif incident.resolved_at:
        parts.append(f"Resolved {clock(incident.resolved_at)}: {said(incident.resolution, 200)}.")
    else:
        parts.append(f"It is at: {stage.word.lower()}.")
    if reached:
        parts.append(f"Confidence {reached.confidence}.")
        if reached.not_known:
            parts.append(f"Not known: {said('; '.join(reached.not_known), 160)}.")
    return " ".join(parts) + f" → {incident.id}"
