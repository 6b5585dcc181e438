"""Collects what is wrong with one runbook, each at its place in the file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bot.knowledge.folder import Loaded
from bot.knowledge.front_matter import Path
from bot.knowledge.problem import Problem
from bot.knowledge.runbook import Runbook


@dataclass(frozen=True, slots=True)
class Faults:
    """The faults of one runbook, in the order they were found."""

    loaded: Loaded
    found: list[Problem] = field(default_factory=list)

    @property
    def runbook(self) -> Runbook:
        return self.loaded.runbook

    def add(self, path: Path, message: str, remedy: str, word: str = "") -> None:
        """Note one, at the value of that path; at `word` within it where that is given."""
        place = self.loaded.front.place(path)
        value: object = self.loaded.front.data
        for part in path:
            value = value[part] if isinstance(value, dict | list) else None  # type: ignore[index]
        if word and isinstance(value, str):
            at = re.search(rf"\b{re.escape(word)}\b", value)
            before = value[: at.start()] if at else ""
            column = len(before) - before.rfind("\n")
            place = self.loaded.front.within(path, before.count("\n") + 1, column)
        self.found.append(
            Problem(
                path=str(self.runbook.path),
                line=place.line,
                column=place.column,
                message=message,
                remedy=remedy,
            )
        )
