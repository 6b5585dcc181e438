"""Escalation thresholds: when a change is a person's, whatever the rules say of it."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from bot.domain.values import CONFIDENCE_ORDER, Confidence, Severity
from bot.policy.facts import Circumstances, Facts
from tools.kit.types import Frozen


class EscalateWhen(Frozen):
    """Each is off where the file says nothing of it."""

    customer_impact: Severity | None = None
    """At this severity or above, where people notice a service that fails or is touched."""
    sla_share: float | None = Field(default=None, gt=0, le=1)
    """When that share of the shortest SLA among the failing services is gone."""
    outside_runbook: bool = False
    confidence_below: Confidence | None = None
    failed_fixes: int | None = Field(default=None, ge=1)
    """When that many fixes of this incident ran and did not help."""

    def reached(self, facts: Facts, moment: Circumstances) -> Iterator[str]:
        """Each one that is reached, in words."""
        severe = self.customer_impact is not None and moment.severity <= self.customer_impact
        if severe and moment.impacted:
            yield f"people notice {', '.join(sorted(moment.impacted))} ({moment.severity})"
        gone = moment.sla_gone
        if self.sla_share is not None and gone is not None and gone >= self.sla_share:
            yield f"the SLA is near: {gone:.0%} of its {moment.sla_minutes} min are gone"
        if self.outside_runbook and facts.playbook == "none":
            yield f"{facts.tool} is in no runbook here"
        if self.confidence_below is not None and _below(facts.confidence, self.confidence_below):
            yield f"confidence is {facts.confidence}, below {self.confidence_below}"
        if self.failed_fixes is not None and moment.failed_fixes >= self.failed_fixes:
            fixes = "1 fix" if moment.failed_fixes == 1 else f"{moment.failed_fixes} fixes"
            yield f"{fixes} did not help"


def _below(confidence: Confidence, wanted: Confidence) -> bool:
    return CONFIDENCE_ORDER.index(confidence) < CONFIDENCE_ORDER.index(wanted)
