"""The card: the thread's root message, which stands alone."""

from __future__ import annotations

from datetime import datetime

from bot.domain.incident import Incident
from bot.domain.plan_state import PlanState
from bot.domain.quorum import missing
from bot.domain.values import Ask
from bot.slack.scene import Scene, Stage
from bot.slack.slots import Slot
from bot.slack.views.approvers import who
from bot.slack.views.brakes import stopped
from bot.slack.views.card_actions import card_actions
from bot.slack.views.failure import failure_of
from bot.slack.views.links import source
from bot.slack.views.text import (
    NOTICE_LIMIT,
    Block,
    clock,
    context,
    cut,
    header,
    lasting,
    named,
    noticed,
    said,
    section,
)

_LINE = 90
"""Characters a line of the card may have on a phone, its label included."""


def card(scene: Scene) -> Slot:
    incident, stage = scene.incident, scene.stage
    lines = [_line("Now", now(scene, impact=scene.incident.impact))]
    diagnosis = incident.diagnosis
    if diagnosis and diagnosis.cause:
        lines.append(_line(f"Cause ({diagnosis.confidence} confidence)", diagnosis.cause))
    lines.append(_line("Next", upcoming(scene)))
    parts: list[tuple[str, Block]] = [
        ("head", header(f"{incident.severity.upper()} · {stage.word} · {incident.title}")),
        ("lines", section("\n".join(lines))),
        ("facts", context(" · ".join(_facts(scene)))),
    ]
    if scene.proposed:
        first = f"opsbot proposes {scene.proposed.severity.upper()}: "
        why = said(scene.proposed.reason, _LINE - len(first))
        parts.append(("proposal", context(first + why)))
    parts.append(("actions", card_actions(scene)))
    return Slot(
        id="card",
        text=noticed(_notice(scene)),
        blocks=tuple(named(f"card_{name}", block) for name, block in parts),
        state=" ".join(
            [
                f"{stage.name}, stopped" if incident.stop else stage.name,
                incident.severity,
                incident.commander or "",
            ]
        ).strip(),
    )


def _notice(scene: Scene) -> str:
    """For a phone: the fact first."""
    incident, fix, stage = scene.incident, scene.incident.fix, scene.stage
    if stage is Stage.NEEDS_APPROVAL and fix and fix.expires_at:
        risk = fix.verdict.risk if isinstance(fix.verdict, Ask) else None
        ends = [f"{risk.capitalize()} risk"] if risk else []
        end = f" {', '.join([*ends, _undoing(fix)])}"
        asks = f"{incident.id} approve by {clock(fix.expires_at)}? "
        return f"{asks}{_changes(fix, NOTICE_LIMIT - len(asks) - len(end))}{end}"
    severity = incident.severity.upper()
    return f"{incident.id} {cut(incident.title, 100)} · {severity}, {stage.word.lower()}"


def _undoing(fix: PlanState) -> str:
    back = [str(n) for n, step in enumerate(fix.plan.steps, start=1) if step.reversible]
    if len(back) == len(fix.plan.steps):
        return "it can be undone"
    return f"step {', '.join(back)} can be undone" if back else "it can't be undone"


def _changes(fix: PlanState, most: int) -> str:
    """As many whole changes as fit, then how many more there are: half of one misleads."""
    told = [step.dry_run.summary for step in fix.plan.steps]
    for count in range(len(told), 0, -1):
        more = len(told) - count
        words = f"{'; '.join(told[:count])}{f'; {more} more' if more else ''}."
        if len(words) <= most:
            return words
    return cut(f"{told[0]}.", most)


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
    if incident.commander:
        facts.append(f"Commander {scene.people.name(incident.commander)}")
    if opened and updated:
        facts += [lasting(opened, incident.resolved_at or updated), f"updated {clock(updated)}"]
    if incident.diagnosis and incident.diagnosis.by == "model":
        facts.append("AI-generated")
    if incident.ticket:
        facts.append(source(said(incident.ticket.ref, 40), incident.ticket.url))
    return facts


def now(scene: Scene, *, impact: str = "") -> str:
    """How it is, as the card and whoever catches up are told; not escaped.

    `impact`: said instead of the alert's own words, where it doesn't stand beside them.
    """
    incident, fix = scene.incident, scene.incident.fix
    if incident.stop:
        return stopped(incident.stop)
    again = incident.reopenings[-1] if incident.reopenings else None
    match scene.stage:
        case Stage.RESOLVED:
            return incident.resolution
        case Stage.NEEDS_PERSON | Stage.FAILED if again and not _called_since(scene, again.at):
            return f"reopened by {scene.people.plain(again.actor)}: {again.reason}"
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
            return _trouble(incident, impact)


def _called_since(scene: Scene, at: datetime) -> bool:
    return any(call.at > at for call in scene.incident.calls)


def _trouble(incident: Incident, impact: str) -> str:
    alert = next(iter(incident.alerts.values()))
    texts = (impact, *(alert.annotations.get(name, "") for name in ("summary", "description")))
    more = next((text for text in texts if text and text != incident.title), "")
    many = f"{len(incident.alerts)} alerts " if len(incident.alerts) > 1 else ""
    return f"{many}since {clock(alert.starts_at)}{': ' if more else ''}{more}"


def upcoming(scene: Scene) -> str:
    """What comes next and by whom; not escaped."""
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
