"""What policy makes of one step on its way through the gate: it only ever gets stricter."""

from __future__ import annotations

from typing import Literal

from bot.policy.rule import Rule
from tools.kit.types import Frozen

Kind = Literal["allow", "ask", "escalate", "deny"]
STRICTNESS: tuple[Kind, ...] = ("allow", "ask", "escalate", "deny")


class Ruling(Frozen):
    """So far: what is to happen, by which rule, and why."""

    kind: Kind
    rule: str
    reason: str
    by: Rule | None = None
    """The rule itself, which says who is asked; None where no rule was reached."""

    @property
    def strictness(self) -> int:
        return STRICTNESS.index(self.kind)

    def at_least(self, kind: Kind, reason: str) -> Ruling:
        """That strict, for that reason; unchanged where it is as strict already."""
        if STRICTNESS.index(kind) <= self.strictness:
            return self
        return self.model_copy(update={"kind": kind, "reason": reason})

    def naming(self, kind: Kind, reason: str) -> Ruling:
        """As `at_least`; where it is just as strict already, both reasons stand."""
        if kind == self.kind:
            return self.model_copy(update={"reason": f"{self.reason}; {reason}"})
        return self.at_least(kind, reason)
