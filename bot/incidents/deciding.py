"""Which approvals wait, and which of them one person may still answer. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.domain.incident import Incident
from bot.domain.plan_state import PlanState, PlanStatus
from bot.domain.quorum import missing
from bot.domain.values import COMMANDER, Ask
from tools.kit.types import Frozen


class Waits(Frozen):
    """A plan that waits for an approval, as one person sees it."""

    incident: Incident
    plan: PlanState
    mine: bool
    """Their answer is still needed: they gave none, and no other spoke for all their teams."""
    own: bool = False
    """They asked for it themselves, and so can reject it and not approve it."""


def wanted(incidents: Iterable[Incident], now: datetime) -> frozenset[str]:
    """The handles whose answer is still needed anywhere, and whose people have to be looked up."""
    return frozenset().union(*(needed for *_, needed in _asked(incidents, now))) - {COMMANDER}


def waiting(
    user: str, behind: frozenset[str], incidents: Iterable[Incident], now: datetime
) -> tuple[Waits, ...]:
    """All that wait: first what this person, who is behind these handles, may answer, and of each
    kind whatever expires first."""
    found = [
        Waits(
            incident=incident,
            plan=plan,
            mine=not needed.isdisjoint(_speaks_for(user, behind, incident))
            and user not in plan.approvers,
            own=user in plan.plan.prompters,
        )
        for incident, plan, needed in _asked(incidents, now)
    ]
    return tuple(sorted(found, key=lambda each: (not each.mine, each.plan.expires_at or now)))


def _asked(
    incidents: Iterable[Incident], now: datetime
) -> list[tuple[Incident, PlanState, frozenset[str]]]:
    """Every fix that waits, with the handles whose answer is still needed."""
    return [
        (incident, plan, _needed(plan, plan.verdict))
        for incident in incidents
        for plan in incident.fixes
        if plan.status is PlanStatus.AWAITING
        and isinstance(plan.verdict, Ask)
        and plan.expires_at
        and now < plan.expires_at
    ]


def _needed(plan: PlanState, ask: Ask) -> frozenset[str]:
    return frozenset(name for group in missing(ask, plan.decisions) for name in group.approvers)


def _speaks_for(user: str, behind: frozenset[str], incident: Incident) -> frozenset[str]:
    """Behind the word `commander` is whoever leads that incident."""
    return behind | {COMMANDER} if user == incident.commander else behind
