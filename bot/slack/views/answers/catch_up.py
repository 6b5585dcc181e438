"""Catch me up: now, impact, cause, done, waiting for whom, what was ruled out; at most 8 lines."""

from __future__ import annotations

from bot.slack.views.answers.told import Told, awaited, linked_id, sentence, title
from bot.slack.views.text import clock, lasting, said


def catch_up(told: Told) -> str:
    scene = told.scene
    incident, reached, fix = scene.incident, scene.incident.diagnosis, scene.incident.fix
    opened = incident.opened_at or told.now
    ended = incident.resolved_at
    lines = [
        f"*Now:* {title(told)}. {scene.stage.word}, {lasting(opened, ended or told.now)}"
        f"{' in all' if ended else ''} → {linked_id(told)}"
    ]
    if incident.impact:
        lines.append(f"*Impact:* {sentence(incident.impact, 160)}")
    if reached:
        cause = said(reached.cause, 200) if reached.cause else "not known"
        lines.append(f"*Cause ({reached.confidence} confidence):* {cause}")
    done = [s.summary for s in fix.steps if s.landed and s.summary] if fix else []
    if ended:
        lines.append(f"*Ended:* {clock(ended)}, {said(incident.resolution, 160)}")
    elif done:
        lines.append(f"*Done:* {said('; '.join(done), 160)}")
    waits = awaited(told, fix) if fix else ""
    if waits:
        lines.append(f"*Waiting:* {waits}")
    elif incident.taken_by and not ended:
        lines.append(f"*Waiting:* {scene.people.name(incident.taken_by)} is on it.")
    if reached and reached.ruled_out:
        lines.append(f"*Ruled out:* {said('; '.join(reached.ruled_out), 160)}")
    if reached and reached.not_known:
        lines.append(f"*Not known:* {said('; '.join(reached.not_known), 160)}")
    return "\n".join(lines)
