"""Impact: what users notice, how severe it is and what a fix would touch."""

from __future__ import annotations

from bot.slack.views.answers.told import Told, answered, sentence
from bot.slack.views.plan_lines import affected
from bot.slack.views.text import said


def impact(told: Told) -> str:
    incident = told.scene.incident
    alert = next(iter(incident.alerts.values()))
    described = alert.annotations.get("description") or alert.annotations.get("summary") or ""
    if incident.impact:
        first = sentence(incident.impact, 240)
    elif described:
        first = f"The alert says: {said(described, 240)}."
    else:
        first = "What users notice is not known: neither the inventory nor the alert says."
    firing = sorted(incident.services)
    many = len(incident.firing)
    fires = f"{many} alert{'s' if many != 1 else ''} fire{'' if many != 1 else 's'}"
    where = f" on {said(', '.join(firing), 120)}" if firing else ""
    fix = incident.fix
    return answered(
        told,
        first,
        f"{incident.severity.upper()}, {fires}{where}." if not incident.resolved_at else "",
        "It is resolved." if incident.resolved_at else "",
        f"The fix that is proposed touches {affected(fix.plan)}." if fix else "",
    )
