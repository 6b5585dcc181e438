"""Takes secrets out of what the ledger is about to keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from bot.domain.events import ActionStarted, Event, PlanProposed, TurnTaken, UnknownEvent
from bot.redaction.redactor import RedactionFailedError, Redactor

E = TypeVar("E", bound=Event)
_OURS = frozenset(
    {
        "type", "at", "actor", "id", "key", "tool", "kind", "plan_id", "digest", "source", "rule",
        "agent", "requester", "prompted_by", "channel", "thread_ts", "scope", "about",
    }
)  # fmt: skip
"""Names that opsbot gives itself. A password that is such a name must not unmake the ledger."""
_THEIRS = frozenset({"labels", "annotations", "params", "values", "checkpoint", "known"})
"""Within these the names are others', whatever they are called."""


class EventCleaner:
    """What came from outside leaves its secrets behind; what will run is never changed.

    A model's own turn stays byte for byte: nothing that it was shown held a secret.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def __call__(self, events: Sequence[E]) -> list[E]:
        """Raises RedactionFailedError; then nothing is kept."""
        return [self._cleaned(event) for event in events]

    def _cleaned(self, event: E) -> E:
        if isinstance(event, TurnTaken | UnknownEvent):
            return event
        told = event.model_dump(mode="json")
        cleaned = self._fields(told)
        if cleaned == told:
            return event
        after = type(event).model_validate(cleaned)
        if _runs(after) != _runs(event):
            raise RedactionFailedError(f"{told['type']}: what is to run holds a secret")
        return after

    def _fields(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {k: v if k in _OURS else self._field(k, v) for k, v in value.items()}
        if isinstance(value, list):
            return [self._fields(each) for each in value]
        return self._redactor.clean_all(value)

    def _field(self, name: str, value: Any) -> Any:
        if isinstance(value, dict | list) and name not in _THEIRS:
            return self._fields(value)
        return self._redactor.clean_all({name: value})[name]


def _runs(event: Event) -> Any:
    """What an event holds that is acted upon, to the letter."""
    match event:
        case PlanProposed():
            return [(step.params, step.dry_run.changes) for step in event.plan.steps]
        case ActionStarted():
            return event.checkpoint
        case _:
            return None
