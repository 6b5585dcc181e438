"""The investigation and the diagnosis."""

from __future__ import annotations

from bot.domain import events as e
from bot.domain.values import Diagnosis
from bot.slack.scene import Scene
from bot.slack.slots import Slot
from bot.slack.views.text import NOTICE_LIMIT, cut, safe, section

_SHOWN = 6
_FINDING = 120


def investigation(scene: Scene) -> Slot | None:
    """One message, edited: each check with a mark and its finding."""
    started = [w for w in scene.work if isinstance(w, e.CheckStarted)]
    if not started:
        return None
    found = {w.check: w for w in scene.evidence}
    done = scene.incident.diagnosis is not None
    head = f"*{'Investigated' if done else 'Investigating'}, {len(found)} of {len(started)}*"
    lines = []
    for check in started[-_SHOWN:]:
        evidence = found.get(check.check)
        if evidence is None:
            lines.append(f"⏳ {safe(cut(check.title, _FINDING))}")
            continue
        mark = {"found": "✓", "empty": "–", "failed": "✗"}[evidence.evidence.status]
        lines.append(f"{mark} {_linked(evidence)}")
    if len(started) > _SHOWN:
        lines.insert(0, f"… {len(started) - _SHOWN} earlier checks")
    return Slot(
        id="investigation",
        text=f"{scene.incident.id}: {len(found)} of {len(started)} checks done",
        blocks=(section("\n".join([head, *lines])),),
        state="done" if done else "",
    )


def diagnosis(scene: Scene) -> Slot | None:
    """Cause with confidence, the evidence it rests on, and what is not known."""
    reached = scene.incident.diagnosis
    if reached is None:
        return None
    lines = [_cause(reached)]
    by_id = {w.id: w for w in scene.evidence}
    if reached.hypotheses:
        first = reached.hypotheses[0]
        cited = [by_id[i] for i in first.supported_by if i in by_id]
        lines += [f"• {_linked(w)}" for w in cited[:4]]
        against = [by_id[i] for i in first.against if i in by_id]
        lines += [f"• Against: {_linked(w)}" for w in against[:2]]
    else:
        lines += [f"• {_linked(w)}" for w in scene.evidence[-4:]]
    if reached.not_known:
        unknown = "; ".join(reached.not_known)
        lines.append(f"*Not known:* {safe(cut(unknown, 200))}")
    gaps = [*reached.coverage.failed, *reached.coverage.not_configured]
    if gaps:
        lines.append(f"*Not reached:* {safe(cut(', '.join(gaps), 160))}")
    runbook = reached.runbook
    if runbook:
        pin = f" ({runbook.pin})" if runbook.pin else " (not committed)"
        lines.append(f"Runbook: {safe(cut(runbook.title, 80))}{safe(pin)}")
    return Slot(
        id="diagnosis",
        text=safe(cut(f"{scene.incident.id} diagnosis: {_plain(reached)}", NOTICE_LIMIT)),
        blocks=(section("\n".join(lines)),),
    )


def _cause(reached: Diagnosis) -> str:
    if reached.cause is None:
        return "*Cause not found.* What was seen:"
    return f"*Cause ({reached.confidence} confidence):* {safe(cut(reached.cause, 240))}"


def _plain(reached: Diagnosis) -> str:
    if reached.cause is None:
        return "cause not found"
    return f"{reached.cause} ({reached.confidence} confidence)"


def _linked(recorded: e.EvidenceRecorded) -> str:
    finding = safe(cut(recorded.finding, _FINDING))
    url = recorded.evidence.url
    if not url or not url.startswith(("http://", "https://")):
        return finding
    return f"<{url.replace('|', '%7C').replace('>', '%3E')}|{finding.replace('|', '¦')}>"
