"""What the gate knows of a step and of the moment: counted by code, never a model's words."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from bot.domain.values import Confidence, Severity
from tools.kit.types import Effect, Frozen

Playbook = Literal["pinned", "unpinned", "none"]
"""A step of a committed runbook, of a runbook nobody committed, or of none."""


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
    by_person: bool = False
    """Somebody prompted or edited its plan, so that it never runs by itself."""
    confidence: Confidence
    radius: Radius


class Circumstances(Frozen):
    """What is true of the moment and of the incident, whatever the plan says."""

    now: datetime
    severity: Severity = "sev3"
    opened_at: datetime | None = None
    failed_fixes: int = 0
    """Plans of this incident that ran and did not help."""
    tripped: frozenset[str] = frozenset()
    """Services whose breaker is open."""
