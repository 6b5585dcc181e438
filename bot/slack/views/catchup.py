"""An incident for whoever joins late: at most eight lines, for one person alone."""

from __future__ import annotations

from bot.domain.following import UPDATES
from bot.domain.incident import Incident
from bot.domain.plan_state import PlanState, PlanStatus
from bot.slack.scene import Scene
from bot.slack.views.card import now, upcoming
from bot.slack.views.failure import failure_of
from bot.slack.views.links import anchor
from bot.slack.views.text import clock, lasting, said

MOST_LINES = 8
_LINE = 240


def catchup_lines(scene: Scene) -> list[str]:
    """Now, impact, cause, done, waiting for whom, next update, what was ruled out; escaped."""
    incident = scene.incident
    reached = incident.diagnosis
    lines = [_headline(scene), f"*Now:* {said(now(scene), _LINE)}"]
    if incident.impact:
        lines.append(f"*Impact:* {said(incident.impact, _LINE)}")
    if reached and reached.cause:
        cause = f"*Cause ({reached.confidence} confidence):* {said(reached.cause, _LINE)}"
        lines.append(cause)
    else:
        lines.append(f"*Cause:* {'not found' if reached else 'not known yet'}")
    lines.append(f"*Done:* {said(_done(scene), _LINE)}")
    if not incident.resolved_at:
        lines.append(f"*Waiting for:* {said(_waiting(scene), _LINE)}")
        lines.append(f"*Next update:* {_pace(incident)}")
    elif reached and reached.follow_ups:
        lines.append(f"*Still open:* {said(upcoming(scene).removeprefix('still open: '), _LINE)}")
    if reached and reached.ruled_out:
        lines.append(f"*Ruled out:* {said('; '.join(reached.ruled_out), _LINE)}")
    return lines[:MOST_LINES]


def _headline(scene: Scene) -> str:
    incident = scene.incident
    who = f", {scene.people.name(incident.commander)} commands" if incident.commander else ""
    began = incident.opened_at
    took = f", since {clock(began)}" if began else ""
    if began and incident.resolved_at:
        took = f", it took {lasting(began, incident.resolved_at)}"
    name, link = said(incident.id, 40), scene.links.get("card")
    linked = anchor(name, link) if link else name
    return (
        f"*{linked} · {incident.severity.upper()} · {scene.stage.word}*"
        f" {said(incident.title, 120)}{who}{took}"
    )


def _done(scene: Scene) -> str:
    """What opsbot did to the world and what people said, newest first; not escaped."""
    incident = scene.incident
    done = [_of_fix(scene, fix) for fix in reversed(incident.fixes)]
    done += [f"noted: {note.text}" for note in incident.notes[-1:]]
    seen = len(scene.evidence)
    looked = f"{seen} checks" if seen > 1 else "1 check" if seen else ""
    return "; ".join([*filter(None, done), *([looked] if looked else [])]) or "nothing yet"


def _of_fix(scene: Scene, fix: PlanState) -> str:
    by = ", ".join(scene.people.plain(user) for user in fix.approvers)
    approved = f", approved by {by}" if by else ""
    what = "; ".join(step.dry_run.summary for step in fix.plan.steps)
    ran = sum(step.landed for step in fix.steps)
    match fix.status:
        case PlanStatus.RUNNING | PlanStatus.DONE:
            return f"{ran} of {len(fix.steps)} steps ran{approved}: {what}"
        case PlanStatus.FAILED:
            return f"a fix failed{approved}: {failure_of(fix)}"
        case PlanStatus.REJECTED:
            last = fix.decisions[-1]
            return f"{scene.people.plain(last.by)} rejected a fix: {last.reason or what}"
        case PlanStatus.VOID:
            return f"a fix did not run: {fix.void.reason if fix.void else what}"
        case _:
            return ""


def _waiting(scene: Scene) -> str:
    incident = scene.incident
    asked = ""
    if incident.offered_to:
        asked = f"; {scene.people.plain(incident.offered_to)} to accept the command"
    return f"{upcoming(scene)}{asked}"


def _pace(incident: Incident) -> str:
    every = UPDATES.get(incident.severity)
    changes = "when the state changes"
    if every is None:
        return changes
    minutes = int(every.total_seconds() // 60)
    return f"{changes}; whoever follows it hears every {minutes} min"
