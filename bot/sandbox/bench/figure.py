"""One thing that was measured, its limit, and what it is compared with."""

from __future__ import annotations

from typing import Literal

from tools.kit.types import Frozen

Unit = Literal["ms", "s", "tokens", "MB", "share", ""]


class Figure(Frozen):
    """A measurement, beside the baseline's."""

    name: str
    title: str
    value: float
    unit: Unit
    limit: float
    at_least: bool = False
    """The limit is the least it must reach; otherwise the most."""
    baseline: float | None = None
    against: str = "HolmesGPT"
    """Whose the baseline is. HolmesGPT's is what version 0.45 measured on two cores, against the
    same kind of scripted model server on loopback with the same alert and tool answers."""
    note: str = ""

    @property
    def met(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    @property
    def ratio(self) -> float | None:
        """Of the baseline: below 1 is less than it."""
        return self.value / self.baseline if self.baseline else None
