"""Keeps secrets out of plans: words lose theirs, and what would run with one doesn't run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from bot.domain.values import Reading
from tools.kit.errors import Refused
from tools.kit.types import DryRun

_WORDS = {"title", "show", "shown"}
"""What a reading says to people; the rest is what it compares."""


class Discretion:
    """A plan is kept and shown as it is, so no part of it that acts may hold a secret: what is
    shown would not be what runs."""

    def __init__(self, clean: Callable[[Any], Any]) -> None:
        """`clean` takes secrets out of plain JSON."""
        self.clean = clean

    def holds_secret(self, told: Any) -> bool:
        """Whether plain JSON holds what may be neither kept nor shown."""
        return bool(self.clean(told) != told)

    def params_hold_secret(self, params: dict[str, Any]) -> bool:
        """Whether plain JSON does as it is, or where each value is shown behind its name."""
        shown = [f"{name} = {value}" for name, value in _leaves("", params)]
        return self.holds_secret(params) or self.holds_secret(shown)

    def dry_run(self, tool: str, given: DryRun) -> DryRun:
        """Its words without secrets. Raises Refused where its targets or changes hold one, or
        would where a change is shown: `db.password: …` tells what `before` alone doesn't."""
        cleaned = DryRun.model_validate(self.clean(given.model_dump(mode="json")))
        values = [(c.field, value) for c in given.changes for value in (c.before, c.after)]
        # As a line it is seen whatever it is, as a field also where its first word is short.
        shown = [f"{field}: {value}" for field, value in values]
        fields = [{field: value} for field, value in values]
        kept = (cleaned.targets, cleaned.changes) == (given.targets, given.changes)
        if not kept or self.holds_secret([shown, fields]):
            raise Refused(f"{tool}: what it changes holds a secret; do this by hand")
        return cleaned

    def reading(self, given: Reading) -> Reading:
        """Its words without secrets. Raises Refused where what it compares holds one."""
        cleaned = Reading.model_validate(self.clean(given.model_dump(mode="json")))
        if cleaned.model_dump(exclude=_WORDS) != given.model_dump(exclude=_WORDS):
            raise Refused(f"{cleaned.title}: what it compares holds a secret; do this by hand")
        return cleaned


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(str(key), inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(name, inner)
    else:
        yield name, value
