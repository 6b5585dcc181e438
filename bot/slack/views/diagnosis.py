"""The diagnosis: cause with confidence, the evidence it rests on, and what is not known."""

from __future__ import annotations

from bot.domain import events as e
from bot.domain.values import Diagnosis
from bot.slack.scene import Scene
from bot.slack.slots import Slot
from bot.slack.views.feedback import feedback_buttons
from bot.slack.views.links import source
from bot.slack.views.text import fitted, noticed, said, section

_LONGEST = 600


def diagnoses(scene: Scene) -> list[Slot]:
    """One, edited as it is refined; another where the cause was taken back, and no more than that.

    Nobody is mentioned in them.
    """
    thought = scene.incident.diagnoses
    if not thought:
        return []
    if len(thought) == 1:
        return [_slot(scene, thought[0], "diagnosis")]
    before = _slot(scene, thought[0], "diagnosis")
    words = fitted(["*No longer thought*, see the newer one below.", _cause(thought[0])], _LONGEST)
    taken_back = {
        "text": noticed(f"{scene.incident.id} no longer thought: {thought[0].cause}"),
        "blocks": (section(words),),
        "state": "taken back",
        "moot": True,
    }
    return [
        before.model_copy(update=taken_back),
        _slot(scene, thought[-1], "diagnosis:2", again=True),
    ]


def _slot(scene: Scene, reached: Diagnosis, slot_id: str, *, again: bool = False) -> Slot:
    lines = ["*It is something else than was thought.*"] if again else []
    lines += [_cause(reached), *_evidence(scene, reached)]
    if reached.not_known:
        lines.append(f"*Not known:* {said('; '.join(reached.not_known), 120)}")
    gaps = [*reached.coverage.failed, *reached.coverage.not_configured]
    if gaps:
        lines.append(f"*Not reached:* {said(', '.join(gaps), 90)}")
    if reached.runbook:
        pin = reached.runbook.pin or "not committed"
        lines.append(f"Runbook: {said(reached.runbook.title, 60)} ({said(pin, 24)})")
    return Slot(
        id=slot_id,
        text=noticed(f"{scene.incident.id} {'now: ' if again else ''}{_notice(reached)}"),
        blocks=(
            section(fitted(lines, _LONGEST)),
            feedback_buttons(scene.incident.id, "diagnosis"),
        ),
    )


def _cause(reached: Diagnosis) -> str:
    if reached.cause is None:
        return "*Cause not found.* What was seen:"
    return f"*Cause ({reached.confidence} confidence):* {said(reached.cause, 160)}"


def _notice(reached: Diagnosis) -> str:
    if reached.cause is None:
        return "cause not found"
    return f"cause ({reached.confidence} confidence): {reached.cause}"


def _evidence(scene: Scene, reached: Diagnosis) -> list[str]:
    by_id = {w.id: w for w in scene.evidence}
    if not reached.hypotheses:
        return [f"• {_linked(w, 70)}" for w in scene.evidence[-4:]]
    first = reached.hypotheses[0]
    speaks_for = [by_id[i] for i in first.supported_by if i in by_id]
    against = [by_id[i] for i in first.against if i in by_id]
    return [
        *(f"• {_linked(w, 60)}" for w in speaks_for[:3]),
        *(f"• Against: {_linked(w, 50)}" for w in against[:1]),
    ]


def _linked(recorded: e.EvidenceRecorded, most: int) -> str:
    return source(said(recorded.finding, most), recorded.evidence.url)
