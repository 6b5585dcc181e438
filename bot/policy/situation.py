"""A step and its moment as a person writes them down, to ask what policy would say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pydantic import AwareDatetime, Field

from bot.domain.values import Confidence, Severity
from bot.policy.facts import Circumstances, Facts, Playbook, Radius
from tools.kit.types import Effect, Frozen

A_QUIET_NOON = datetime(2026, 1, 7, 12, 0, tzinfo=UTC)
"""A Wednesday, where nothing is said of the time: an answer must not depend on when it is asked."""


class Situation(Frozen):
    """What is not said is harmless: one target, a committed runbook, high confidence, a quiet
    incident. Only the undo has to be claimed."""

    tool: str
    effect: Effect = Effect.WRITE
    reversible: bool = False
    services: tuple[str, ...] = Field(default=("some-service",), min_length=1)
    environments: tuple[str, ...] = Field(default=("production",), min_length=1)
    tier: int = 3
    targets: int = Field(default=1, ge=1)
    unknown: tuple[str, ...] = ()
    """Targets that the inventory doesn't know."""
    playbook: Playbook = "pinned"
    tainted: bool = False
    confidence: Confidence = "high"
    at: AwareDatetime = A_QUIET_NOON
    severity: Severity = "sev3"
    minutes_open: float = 0
    sla_minutes: int | None = None
    impacted: tuple[str, ...] = ()
    failed_fixes: int = 0
    tripped: tuple[str, ...] = ()

    @property
    def facts(self) -> Facts:
        return Facts(
            tool=self.tool,
            effect=self.effect,
            purpose="books" if self.effect is Effect.RECORD else "fix",
            reversible=self.reversible,
            playbook=self.playbook,
            tainted=self.tainted,
            confidence=self.confidence,
            radius=Radius(
                count=self.targets,
                services=frozenset(self.services),
                environments=frozenset(self.environments),
                tier=self.tier,
                unknown=self.unknown,
            ),
        )

    @property
    def moment(self) -> Circumstances:
        return Circumstances(
            now=self.at,
            severity=self.severity,
            opened_at=self.at - timedelta(minutes=self.minutes_open),
            sla_minutes=self.sla_minutes,
            impacted=frozenset(self.impacted),
            failed_fixes=self.failed_fixes,
            tripped=frozenset(self.tripped),
        )
