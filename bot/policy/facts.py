"""What the gate knows of a step and of the moment: counted by code, never a model's words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from bot.domain.values import Confidence, Severity
from tools.kit.types import Effect, Frozen

Playbook = Literal["pinned", "partial", "unpinned", "none"]
"""A step of a committed runbook, all of whose steps are in the plan; or only some of them are; of a
runbook nobody committed; or of none."""


class Radius(Frozen):
    """How far a step reaches: its dry run's targets, as the inventory knows them."""

    count: int
    services: frozenset[str]
    environments: frozenset[str]
    tier: int
    """The most critical tier touched; 1 is the highest."""
    unknown: tuple[str, ...] = ()
    """Targets that the inventory doesn't know."""


class Facts(Frozen):
    """One step, as the rules see it."""

    tool: str
    effect: Effect
    purpose: Literal["fix", "books"]
    """Of its plan: only the books record, and a fix records nothing."""
    reversible: bool
    playbook: Playbook
    tainted: bool
    """A parameter came out of an alert, a tool or a model, and is no name the inventory knows."""
    by_person: bool = False
    """Somebody prompted or edited its plan, so that it never runs by itself."""
    confidence: Confidence
    radius: Radius
    whole: Radius | None = None
    """How far all steps of its plan together reach; None: it is the only one."""


class Circumstances(Frozen):
    """What is true of the moment and of the incident, whatever the plan says."""

    now: datetime
    severity: Severity = "sev3"
    opened_at: datetime | None = None
    proposed_at: datetime | None = None
    """When the plan was first judged. The SLA is looked at then: once people were asked, or a step
    has run, its clock stops nothing. None: it is judged for the first time."""
    sla_minutes: int | None = None
    """The shortest among the failing services."""
    impacted: frozenset[str] = frozenset()
    """Services, failing or touched, of which the inventory says what people notice."""
    failed_fixes: int = 0
    """Plans of this incident that ran and did not help."""
    tripped: frozenset[str] = frozenset()
    """Services whose breaker is open."""
    intervened: str = ""
    """What a person did here that bears on whether a plan may run by itself; empty for nothing."""

    @property
    def sla_gone(self) -> float | None:
        """The share of the SLA that was gone when the plan was first judged."""
        if self.opened_at is None or self.sla_minutes is None:
            return None
        return ((self.proposed_at or self.now) - self.opened_at) / timedelta(
            minutes=self.sla_minutes
        )
