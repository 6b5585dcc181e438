"""The card: the thread's root message, which stands alone."""

from __future__ import annotations

from bot.domain.incident import Incident
from bot.domain.quorum import missing
from bot.domain.values import Ask
from bot.slack import ids
from bot.slack.scene import Scene, Stage
from bot.slack.slots import Slot
from bot.slack.views.approvers import who
from bot.slack.views.brakes import stopped
from bot.slack.views.failure import failure_of
from bot.slack.views.links import source
from bot.slack.views.text import (
    NOTICE_LIMIT,
    Block,
    button,
    clock,
    context,
    cut,
    header,
    lasting,
    said,
    section,
)

_LINE = 90
"""Characters a line of the card may have on a phone, its label included."""


def card(scene: Scene) -> Slot:
    incident, stage = scene.incident, scene.stage
    lines = [_line("Now", _now(scene))]
    diagnosis = incident.diagnosis
    if diagnosis and diagnosis.cause:
        lines.append(_line(f"Cause ({diagnosis.confidence} confidence)", diagnosis.cause))
    lines.append(_line("Next", _next(scene)))
    blocks: list[Block] = [
        header(f"{incident.severity.upper()} · {stage.word} · {incident.title}"),
        section("\n".join(lines)),
        context(" · ".join(_facts(scene))),
    ]
    link = scene.links.get(f"approval:{incident.fix.plan.id}") if incident.fix else None
    if link and stage is Stage.NEEDS_APPROVAL:
        review = button(
            "Review fix", ids.OPEN_APPROVAL, f"Review the fix for {incident.id}", url=link
        )
        blocks.append({"type": "actions", "elements": [review]})
    severity = incident.severity.upper()
    return Slot(
        id="card",
        text=said(
            f"{incident.id} {cut(incident.title, 100)} · {severity}, {stage.word.lower()}",
            NOTICE_LIMIT,
        ),
        blocks=tuple(blocks),
        state=f"{stage.name}, stopped" if incident.stop else stage.name,
    )


def _line(label: str, text: str) -> str:
    return f"*{label}:* {said(text, _LINE - len(label) - 2)}"


def _facts(scene: Scene) -> list[str]:
    incident = scene.incident
    opened = incident.opened_at or incident.updated_at
    updated = incident.updated_at or opened
    facts = [f"{scene.stage.emoji} {scene.stage.word}", incident.id]
    if scene.heard > 1:
        facts.append(f"×{scene.heard}")
    if incident.service:
        facts.append(said(incident.service, 40))
    if opened and updated:
        facts += [lasting(opened, incident.resolved_at or updated), f"updated {clock(updated)}"]
    if incident.ticket:
        facts.append(source(said(incident.ticket.ref, 40), incident.ticket.url))
    return facts


def _now(scene: Scene) -> str:
    incident, fix = scene.incident, scene.incident.fix
    if incident.stop:
        return stopped(incident.stop)
    match scene.stage:
        case Stage.RESOLVED:
            return incident.resolution
        case Stage.FIXING | Stage.MONITORING if fix:
            noted = scene.progress(fix.plan.id)
            done = [s for s in fix.steps if s.summary]
            if noted:
                return noted[-1].summary
            return done[-1].summary if done else "starting the fix"
        case Stage.FAILED | Stage.NEEDS_PERSON if incident.calls:
            return incident.calls[-1].reason
        case Stage.FAILED if fix:
            return failure_of(fix)
        case _:
            return _trouble(incident)


def _trouble(incident: Incident) -> str:
    alert = next(iter(incident.alerts.values()))
    texts = (alert.annotations.get(name, "") for name in ("summary", "description"))
    more = next((text for text in texts if text and text != incident.title), "")
    many = f"{len(incident.alerts)} alerts " if len(incident.alerts) > 1 else ""
    return f"{many}since {clock(alert.starts_at)}{': ' if more else ''}{more}"


def _next(scene: Scene) -> str:
    incident, fix = scene.incident, scene.incident.fix
    if incident.stop:
        return "nothing runs until an approver says @opsbot resume here"
    match scene.stage:
        case Stage.INVESTIGATING:
            return "diagnosis, then a proposal"
        case Stage.NEEDS_APPROVAL if fix and fix.expires_at and isinstance(fix.verdict, Ask):
            people = who(missing(fix.verdict, fix.decisions), scene.people.plain)
            many = "1 change" if len(fix.steps) == 1 else f"{len(fix.steps)} changes"
            held = "".join(f"; {g.title} {g.shown}" for g in fix.plan.guards[:1])
            return f"{people} to approve {many} by {clock(fix.expires_at)}{held}"
        case Stage.FIXING if fix:
            return f"step {(fix.current or 0) + 1} of {len(fix.steps)}"
        case Stage.MONITORING:
            return "verify that it recovered"
        case Stage.FAILED if fix and fix.undoable:
            return "put back what was changed, then call a person"
        case Stage.RESOLVED:
            reached = incident.diagnosis
            open_ends = "; ".join(f.summary for f in reached.follow_ups) if reached else ""
            return f"still open: {open_ends}" if open_ends else "nothing, it is closed"
        case _:
            if incident.taken_by:
                return f"{scene.people.plain(incident.taken_by)} is on it"
            called = incident.calls[-1].to if incident.calls else ()
            whom = ", ".join(scene.people.plain(w) for w in called)
            return f"{whom or 'a person'} to take over"
