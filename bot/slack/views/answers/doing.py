"""What opsbot is doing now, and what was ruled out by then."""

from __future__ import annotations

from bot.domain import events as e
from bot.slack.scene import Stage
from bot.slack.views.answers.told import Told, answered, awaited, cited, ended
from bot.slack.views.text import clock, said


def doing(told: Told) -> str:
    scene = told.scene
    incident, fix, stage = scene.incident, scene.incident.fix, scene.stage
    if incident.stop:
        name = said(incident.stop.name, 40)
        return answered(told, f"Nothing: {name} stopped it {clock(incident.stop.at)}.")
    match stage:
        case Stage.INVESTIGATING:
            return answered(told, *_looking(told))
        case Stage.NEEDS_APPROVAL if fix:
            return answered(told, "Waiting.", awaited(told, fix), "Until then nothing runs.")
        case Stage.FIXING | Stage.MONITORING if fix:
            at = min((fix.current or 0) + 1, len(fix.steps))
            step = said(fix.plan.steps[at - 1].dry_run.summary, 120)
            noted = scene.progress(fix.plan.id)
            word = "Watching whether it recovers" if stage is Stage.MONITORING else "Running"
            return answered(
                told,
                f"{word}, step {at} of {len(fix.steps)}: {step}.",
                f"Last seen: {said(noted[-1].summary, 200)}." if noted else "",
            )
        case Stage.RESOLVED:
            ended = clock(incident.resolved_at) if incident.resolved_at else ""
            return answered(told, f"Nothing: it was resolved {ended}.")
        case _:
            call = incident.calls[-1] if incident.calls else None
            who = scene.people.name(incident.taken_by) if incident.taken_by else ""
            return answered(
                told,
                "Nothing by myself: this is a person's now.",
                f"{who} is on it." if who else "",
                f"Called {clock(call.at)}: {said(call.reason, 200)}." if call else "",
            )


def _looking(told: Told) -> list[str]:
    started = {w.check: w for w in told.scene.work if isinstance(w, e.CheckStarted)}
    found = {w.check for w in told.scene.evidence}
    open_checks = [w.title for check, w in started.items() if check not in found]
    if not started:
        return ["Investigating: the first checks begin."]
    now = f", now {said('; '.join(open_checks[:2]), 120)}" if open_checks else ""
    last = told.scene.evidence[-1].finding if told.scene.evidence else ""
    return [
        f"Investigating: {len(found & started.keys())} of {len(started)} checks done{now}.",
        f"Last seen: {said(last, 200)}." if last else "",
    ]


def ruled_out(told: Told) -> str:
    """Causes that the evidence speaks against, and what could not be reached."""
    incident = told.scene.incident
    reached = incident.diagnosis
    if reached is None:
        return answered(told, "Nothing yet: I am still looking.", *_looking(told))
    out = [said(cause, 140).rstrip(".") for cause in reached.ruled_out[:4]]
    gaps = (*reached.coverage.failed, *reached.coverage.not_configured)
    first = (
        f"Ruled out: {ended('; '.join(out))}" if out else "No other cause was ruled out by name."
    )
    checked = len(reached.coverage.checked) + len(reached.coverage.empty)
    against = reached.hypotheses[0].against if reached.hypotheses else ()
    return answered(
        told,
        first,
        f"{checked} checks were read." if checked else "",
        f"Not reached, so not ruled out: {said(', '.join(gaps), 160)}." if gaps else "",
        cites=cited(told, against),
    )
