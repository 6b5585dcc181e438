"""What one person is shown in the Home tab."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from bot.domain.following import Subscription
from bot.domain.incident import Incident
from bot.domain.plan_state import PlanState, PlanStatus
from bot.domain.quorum import missing
from bot.domain.values import Ask
from bot.incidents.quiet import Quiet
from bot.slack.views.text import People
from tools.kit.types import Frozen


class Deciding(Frozen):
    """A plan that waits for an answer which this person may give."""

    incident: Incident
    plan: PlanState
    own: bool = False
    """They asked for it themselves, and so can't approve it."""


class Home(Frozen):
    at: datetime | None = None
    """When it is looked at; what began on another day is dated."""
    member: bool = True
    """A full member. A guest decides nothing, commands nothing and opens nothing."""
    sees: bool = True
    """Can read the channel in which incidents are."""
    channel: str = ""
    """Id of that channel."""
    deciding: tuple[Deciding, ...] = ()
    """Whatever expires first, first."""
    commanding: tuple[Incident, ...] = ()
    open: tuple[Incident, ...] = ()
    """Most severe first, then longest open."""
    links: Mapping[str, Mapping[str, str]] = {}
    """Incident → slot → address of its message."""
    people: People = People()
    following: tuple[Subscription, ...] = ()
    quiet: Quiet | None = None


def asked(incidents: Iterable[Incident], now: datetime) -> list[tuple[Incident, PlanState, Ask]]:
    """Every fix that waits for somebody's approval."""
    return [
        (incident, state, state.verdict)
        for incident in incidents
        for state in incident.fixes
        if state.status is PlanStatus.AWAITING
        and isinstance(state.verdict, Ask)
        and state.expires_at
        and now < state.expires_at
    ]


def wanted_of(incidents: Iterable[Incident], now: datetime) -> set[str]:
    """The handles whose answer is still needed anywhere."""
    return {handle for _, state, ask in asked(incidents, now) for handle in _needed(state, ask)}


def deciding(
    user: str, behind: frozenset[str], incidents: Iterable[Incident], now: datetime
) -> tuple[Deciding, ...]:
    """What waits for this person, who is behind these handles, and not for others alone."""
    found = [
        Deciding(incident=incident, plan=state, own=user in state.plan.prompters)
        for incident, state, ask in asked(incidents, now)
        if behind & _needed(state, ask) and user not in state.approvers
    ]
    return tuple(sorted(found, key=lambda each: each.plan.expires_at or now))


def most_severe_first(incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    def rank(incident: Incident) -> tuple[str, float]:
        return incident.severity, incident.opened_at.timestamp() if incident.opened_at else 0.0

    return tuple(sorted(incidents, key=rank))


def _needed(state: PlanState, ask: Ask) -> frozenset[str]:
    groups = missing(ask, state.decisions)
    return frozenset(handle for group in groups for handle in group.approvers)
