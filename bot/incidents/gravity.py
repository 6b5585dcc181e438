"""How severe an incident looks by its services: proposed to people, who alone set it. Pure."""

from __future__ import annotations

from bot.domain.incident import Incident
from bot.domain.values import Severity
from bot.policy.inventory import Inventory
from tools.kit.types import Frozen


class Proposal(Frozen):
    """A severity that opsbot would set, and why."""

    severity: Severity
    reason: str


def proposed_severity(incident: Incident, inventory: Inventory) -> Proposal | None:
    """None where it is that severe already, where it is over, or where a person has spoken.

    SEV1 where several services fire and one of them is of tier 1; SEV2 for either alone.
    """
    if incident.resolved_at or incident.severity_changes:
        return None
    hit = sorted(incident.services)
    known = inventory.services
    critical = [name for name in hit if name in known and known[name].tier == 1]
    if not critical and len(hit) < 2:
        return None
    severity: Severity = "sev1" if critical and len(hit) > 1 else "sev2"
    if severity >= incident.severity:
        return None
    reasons = [f"{critical[0]} is of tier 1"] if critical else []
    if len(hit) > 1:
        reasons.append(f"{len(hit)} services fire")
    return Proposal(severity=severity, reason=" and ".join(reasons))
