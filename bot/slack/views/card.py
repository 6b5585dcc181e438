"""The card: the thread's root message, which stands alone."""

from __future__ import annotations

from bot.slack import ids
from bot.slack.scene import Scene, Stage
from bot.slack.slots import Slot
from bot.slack.views.text import (
    LINE_LIMIT,
    NOTICE_LIMIT,
    Block,
    clock,
    context,
    cut,
    header,
    lasting,
    safe,
    section,
    visible,
)


def card(scene: Scene) -> Slot:
    incident, stage = scene.incident, scene.stage
    title = f"{incident.severity.upper()} · {stage.word} · {visible(incident.title)}"
    lines = [f"*Now:* {cut(_now(scene), LINE_LIMIT)}"]
    diagnosis = incident.diagnosis
    if diagnosis and diagnosis.cause:
        cause = cut(safe(diagnosis.cause), LINE_LIMIT)
        lines.append(f"*Cause ({diagnosis.confidence} confidence):* {cause}")
    lines.append(f"*Next:* {cut(_next(scene), LINE_LIMIT)}")
    blocks: list[Block] = [
        header(title),
        section("\n".join(lines)),
        context(" · ".join(_facts(scene))),
    ]
    link = scene.links.get(f"approval:{incident.fix.plan.id}") if incident.fix else None
    if link and stage is Stage.NEEDS_APPROVAL:
        blocks.append(
            {
                "type": "actions",
                "elements": [
                    {
                        "type": "button",
                        "action_id": ids.OPEN_APPROVAL,
                        "text": {"type": "plain_text", "text": "Review fix"},
                        "url": link,
                        "accessibility_label": f"Review the fix for {incident.id}",
                    }
                ],
            }
        )
    notice = f"{incident.id} {stage.word}: {visible(incident.title)}"
    return Slot(
        id="card",
        text=safe(cut(notice, NOTICE_LIMIT)),
        blocks=tuple(blocks),
        state=stage.name,
    )


def _facts(scene: Scene) -> list[str]:
    incident = scene.incident
    opened = incident.opened_at or incident.updated_at
    updated = incident.updated_at or opened
    facts = [f"{scene.stage.emoji} {scene.stage.word}", incident.id]
    if incident.service:
        facts.append(safe(cut(incident.service, 40)))
    if opened and updated:
        facts += [lasting(opened, incident.resolved_at or updated), f"updated {clock(updated)}"]
    if incident.ticket:
        ticket = incident.ticket
        facts.append(f"<{ticket.url}|{ticket.ref}>" if ticket.url else safe(ticket.ref))
    return facts


def _now(scene: Scene) -> str:
    incident, fix = scene.incident, scene.incident.fix
    match scene.stage:
        case Stage.RESOLVED:
            return safe(incident.resolution)
        case Stage.FIXING | Stage.MONITORING if fix:
            noted = scene.progress(fix.plan.id)
            done = [s for s in fix.steps if s.summary]
            if noted:
                return safe(noted[-1].summary)
            return safe(done[-1].summary if done else "starting the fix")
        case Stage.FAILED if incident.calls:
            return safe(incident.calls[-1].reason)
        case _:
            alert = next(iter(incident.alerts.values()))
            started = clock(alert.starts_at)
            return f"since {started}: {safe(alert.annotations.get('summary', incident.title))}"


def _next(scene: Scene) -> str:
    incident, fix = scene.incident, scene.incident.fix
    match scene.stage:
        case Stage.INVESTIGATING:
            return "diagnosis, then a proposal"
        case Stage.NEEDS_APPROVAL if fix and fix.expires_at:
            who = " or ".join(scene.people.name(w) for w in _approvers(scene))
            return f"{who} to decide by {clock(fix.expires_at)}"
        case Stage.FIXING if fix:
            running = (fix.current or 0) + 1
            return f"step {running} of {len(fix.steps)}"
        case Stage.MONITORING:
            return "verify that it recovered"
        case Stage.RESOLVED:
            reached = incident.diagnosis
            open_ends = [f.summary for f in reached.follow_ups] if reached else []
            return safe("; ".join(open_ends)) or "nothing, it is closed"
        case _:
            called = incident.calls[-1].to if incident.calls else ()
            who = ", ".join(scene.people.name(w) for w in called)
            return f"{who} to take over" if who else "a person to take over"


def _approvers(scene: Scene) -> tuple[str, ...]:
    fix = scene.incident.fix
    verdict = fix.verdict if fix else None
    return verdict.approvers if verdict and verdict.kind == "ask" else ()
