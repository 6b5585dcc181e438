"""Which runbooks a person's hint is about: what can be used of it without a model."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.incident import Incident
from bot.knowledge.runbook import Runbook
from bot.knowledge.words import words

_STEERING = frozenset(words("try look check consider focus use instead first maybe might could"))


def hinted_at(text: str, runbooks: Iterable[Runbook]) -> tuple[Runbook, ...]:
    """Those whose title, id or terms share a word with the hint, the most words first."""
    wanted = frozenset(w for w in words(text) if w not in _STEERING and not w.isdigit())
    scored = [(len(wanted & _about(runbook)), runbook) for runbook in runbooks]
    found = [pair for pair in scored if pair[0]]
    found.sort(key=lambda pair: (-pair[0], pair[1].id))
    return tuple(runbook for _, runbook in found)


class RunbookHints:
    """Whether a hint points the runbook agent at a runbook that it has not believed yet."""

    def __init__(self, runbooks: Iterable[Runbook]) -> None:
        self._runbooks = tuple(runbooks)

    def __call__(self, incident: Incident, text: str) -> bool:
        believed = incident.diagnosis.runbook if incident.diagnosis else None
        found = hinted_at(text, self._runbooks)
        return any(believed is None or runbook.id != believed.id for runbook in found)


def _about(runbook: Runbook) -> frozenset[str]:
    return frozenset(words(" ".join([runbook.title, runbook.id, *runbook.match.text])))
