"""Why: the cause, how sure that is, what it rests on and what is not known."""

from __future__ import annotations

from bot.slack.scene import stage_of
from bot.slack.views.answers.told import Told, answered, awaited, cited, title
from bot.slack.views.text import clock, said


def why(told: Told) -> str:
    incident = told.scene.incident
    reached = incident.diagnosis
    began = clock(next(iter(incident.alerts.values())).starts_at)
    if reached and reached.cause:
        first = f"{title(told)}: {said(reached.cause, 240)}."
    elif reached:
        first = f"{title(told)} at {began}. The cause is not known."
    else:
        first = f"{title(told)} at {began}. I am still investigating."
    unknown = f"Not known: {said('; '.join(reached.not_known), 160)}." if reached else ""
    return answered(
        told,
        first,
        _stands(told),
        f"Confidence {reached.confidence}." if reached else "",
        unknown if reached and reached.not_known else "",
        cites=cited(told, reached.hypotheses[0].supported_by if reached and reached.cause else ()),
    )


def _stands(told: Told) -> str:
    incident = told.scene.incident
    waits = awaited(told, incident.fix) if incident.fix else ""
    if waits:
        return waits
    if incident.resolved_at:
        return f"Resolved {clock(incident.resolved_at)}: {said(incident.resolution, 200)}."
    return f"It is at: {stage_of(incident).word.lower()}."
