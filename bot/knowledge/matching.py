"""Which runbooks are for an alert, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from bot.domain.values import Alert
from bot.knowledge.retrieval import RunbookIndex
from bot.knowledge.runbook import Runbook
from tools.kit.types import Frozen

_MOST_BY_TEXT = 3


class RunbookMatch(Frozen):
    """A runbook that may be for the alert."""

    runbook: Runbook
    by: Literal["alert", "labels", "text"]
    """`text` is a likeness of words: it informs people, and is never run as the playbook."""
    reason: str
    score: float
    """Likeness of words; 0 where there is none or nothing was searched."""

    @property
    def is_playbook(self) -> bool:
        return self.by != "text"


def match(
    alert: Alert, runbooks: Iterable[Runbook], index: RunbookIndex | None = None
) -> tuple[RunbookMatch, ...]:
    """The runbooks for an alert, best first; the same every time.

    First those that name the alert, then those that name labels alone, each with more labels
    before fewer, then by likeness of words, then by id. Last, and only with an index over them,
    those that are merely similar.
    """
    known = {runbook.id: runbook for runbook in runbooks}
    likeness = _likeness(alert, index)
    named = [
        RunbookMatch(runbook=runbook, by=by, reason=reason, score=likeness.get(runbook.id, 0.0))
        for runbook in known.values()
        for by, reason in _named(alert, runbook)
    ]
    named.sort(key=lambda m: (m.by, -len(m.runbook.match.labels), -m.score, m.runbook.id))
    taken = {each.runbook.id for each in named}
    similar = [
        RunbookMatch(runbook=known[id_], by="text", reason="similar words", score=score)
        for id_, score in likeness.items()
        if id_ in known and id_ not in taken
    ]
    return (*named, *similar[:_MOST_BY_TEXT])


def _named(alert: Alert, runbook: Runbook) -> Iterable[tuple[Literal["alert", "labels"], str]]:
    wanted = runbook.match
    if any(alert.labels.get(label) != value for label, value in wanted.labels.items()):
        return
    labels = ", ".join(f"{label}={value}" for label, value in sorted(wanted.labels.items()))
    name = alert.labels.get("alertname", "")
    if name and name in wanted.alerts:
        yield "alert", f"alert {name}" + (f" with {labels}" if labels else "")
    elif labels and not wanted.alerts:
        yield "labels", f"labels {labels}"


def _likeness(alert: Alert, index: RunbookIndex | None) -> dict[str, float]:
    if index is None:
        return {}
    labels = (value for name, value in sorted(alert.labels.items()) if name != "severity")
    said = (alert.title, *labels, *(text for _, text in sorted(alert.annotations.items())))
    found = index.search(" ".join(said), limit=10)
    return {hit.document.id: hit.score for hit in found}
