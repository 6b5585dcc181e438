"""Which actions a commit shows to have failed: what a service's breaker counts. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain import events as e
from bot.domain.incident import Incident


def failed_actions(before: Incident, events: Sequence[e.IncidentEvent]) -> list[tuple[str, str]]:
    """Service and action key of each action that failed, was lost or was put back, each once.

    A fix that ran and did not help counts by its last action on each service; those before it
    count when they are put back. The books change no service, so they never count.
    """
    found: dict[tuple[str, str], None] = {}
    after = before
    for event in events:
        after = after.evolve(event)
        found.update(dict.fromkeys(_failed(after, event)))
    return list(found)


def _failed(incident: Incident, event: e.IncidentEvent) -> list[tuple[str, str]]:
    match event:
        case (
            e.ActionFinished(outcome="failed" | "unknown")
            | e.ActionVerified(passed=False)
            | e.RollbackFinished()
        ):
            action = incident.plans[event.plan_id].steps[event.step]
            return [(service, action.key) for service in action.services]
        case e.RecoveryVerified(passed=False):
            steps = incident.plans[event.plan_id].steps
            last = {service: step.key for step in steps for service in step.services}
            return list(last.items())
        case _:
            return []
