"""Everything a view may look at: the incident, the work on it, people and links."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from bot.domain import events as e
from bot.domain.incident import Incident
from bot.domain.plan_state import PlanState, PlanStatus, StepStatus
from bot.incidents.gravity import Proposal
from bot.incidents.smaller import Declared
from bot.slack.views.text import People
from tools.kit.types import Frozen


class Stage(Enum):
    """The one emoji of a card, always with its word."""

    INVESTIGATING = ("🔍", "Investigating")
    NEEDS_APPROVAL = ("✋", "Needs approval")
    NEEDS_PERSON = ("✋", "Needs a person")
    FIXING = ("⚙️", "Fixing")
    MONITORING = ("👀", "Monitoring")
    RESOLVED = ("✅", "Resolved")
    FAILED = ("❌", "Failed")

    @property
    def emoji(self) -> str:
        return self.value[0]

    @property
    def word(self) -> str:
        return self.value[1]


class Scene(Frozen):
    incident: Incident
    work: tuple[e.WorkEvent, ...]
    people: People
    links: Mapping[str, str] = {}
    """Slot id → permalink of its message."""
    reached: Mapping[int, tuple[str, ...]] = {}
    """Number of a call → user ids to tell of it directly."""
    declared: Declared = {}
    """What of a plan a person may make smaller."""
    proposed: Proposal | None = None
    """The severity that opsbot would set."""
    oncall: tuple[str, ...] = ()
    """Who is called first."""

    @property
    def stage(self) -> Stage:
        return stage_of(self.incident)

    @property
    def evidence(self) -> tuple[e.EvidenceRecorded, ...]:
        return tuple(w for w in self.work if isinstance(w, e.EvidenceRecorded))

    @property
    def heard(self) -> int:
        """How often the senders told its first alert and the repeats of all."""
        return 1 + sum(w.count for w in self.work if isinstance(w, e.AlertRepeated))

    @property
    def last_word(self) -> str:
        """What a person did or asked here last; it differs each time, and is empty before."""
        asked = [w.id for w in self.work if isinstance(w, e.QuestionAnswered)]
        reacted = self.incident.reacted_at
        return " ".join([reacted.isoformat() if reacted else "", *asked[-1:]]).strip()

    def progress(self, plan_id: str) -> tuple[e.ProgressNoted, ...]:
        return tuple(
            w for w in self.work if isinstance(w, e.ProgressNoted) and w.plan_id == plan_id
        )


def stage_of(incident: Incident) -> Stage:
    if incident.resolved_at:
        return Stage.RESOLVED
    fix = incident.fix
    if fix is None:
        return Stage.INVESTIGATING if incident.diagnosis is None else Stage.NEEDS_PERSON
    match fix.status:
        case PlanStatus.AWAITING:
            return Stage.NEEDS_APPROVAL
        case PlanStatus.READY:
            return Stage.FIXING
        case PlanStatus.DONE if incident.reopenings:
            return Stage.NEEDS_PERSON
        case PlanStatus.RUNNING | PlanStatus.DONE:
            return Stage.MONITORING if _watching(fix) else Stage.FIXING
        case _ if incident.diagnosis is None and incident.looks_again:
            return Stage.INVESTIGATING
        case PlanStatus.FAILED:
            return Stage.FAILED
        case _:
            return Stage.NEEDS_PERSON


def named(incident: Incident) -> set[str]:
    """User ids and handles of everybody whom a view of it may name."""
    who = {name for call in incident.calls for name in (*call.to, *call.then)}
    if incident.diagnosis:
        who |= {owner for f in incident.diagnosis.follow_ups for owner in f.owners}
    for state in incident.fixes:
        who |= {decision.by for decision in state.decisions} | {state.plan.requester}
        if state.verdict.kind == "ask":
            who |= set(state.verdict.approvers)
    who |= {person for h in incident.handovers for person in (h.by, h.to)}
    said = (*incident.severity_changes, *incident.reopenings, *incident.commands)
    who |= {event.actor for event in said}
    who |= {note.author or note.actor for note in incident.notes}
    alone = (incident.taken_by, incident.commander, incident.offered_to, incident.resolved_by)
    return who | {person for person in alone if person}


def _watching(fix: PlanState) -> bool:
    """Only the world's answer is outstanding: nothing more will be started."""
    current = fix.current
    last = len(fix.steps) - 1
    return current is None or (
        current == last and fix.steps[current].status is StepStatus.SUCCEEDED
    )
