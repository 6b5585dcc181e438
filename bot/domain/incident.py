"""The incident: a fold over its events.

Longer than other files on purpose: what each event does to an incident, to be read as one list.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.domain import events as e
from bot.domain.plan_state import PlanState, PlanStatus, StepState, StepStatus
from bot.domain.values import Alert, Diagnosis, Severity, Status, Thread, Words, is_person
from tools.kit.types import Frozen, Handle

BRIEF = timedelta(minutes=2)
"""An alert that clears within it, by itself, was not worth telling."""


class Call(Frozen):
    """A person was called for."""

    to: tuple[str, ...]
    reason: str
    at: datetime
    rung: int = 0
    then: tuple[str, ...] = ()
    anew: bool = False


class Handover(Frozen):
    """Somebody was asked to command from there."""

    by: str
    to: str
    at: datetime
    accepted_at: datetime | None = None


class Relapse(Frozen):
    """An alert that a fix had made clear fires again while that fix is still watched."""

    plan_id: str
    title: str
    at: datetime


class ThreadState(Frozen):
    """One part of a wide incident, and what its agent found."""

    thread: Thread
    finished: e.ThreadFinished | None = None


class Incident(Frozen):
    """What is true of an incident after its first `version` commits."""

    id: str
    version: int = 0
    head: str = ""
    """Hash of its last commit, which vouches for all before it; empty where none was loaded."""
    title: str = ""
    severity: Severity = "sev3"
    service: str = ""
    environment: str = ""
    impact: str = ""
    source: str = ""
    opened_at: datetime | None = None
    updated_at: datetime | None = None
    alerts: dict[str, Alert] = {}
    """Every alert it folds, by fingerprint, each as last heard."""
    threads: dict[str, ThreadState] = {}
    threads_deadline: datetime | None = None
    diagnosis: Diagnosis | None = None
    diagnosed_at: datetime | None = None
    diagnoses: tuple[Diagnosis, ...] = ()
    """What was thought in turn: another one for each time that the cause was taken back."""
    words: Words | None = None
    plans: dict[str, PlanState] = {}
    relapses: dict[str, Relapse] = {}
    """The first of each fix."""
    skipped_books: dict[str, str] = {}
    """Milestone → why it left no ticket."""
    calls: tuple[Call, ...] = ()
    taken_by: str | None = None
    """Whoever said that they are on it."""
    commander: str | None = None
    """Who decides what people do about it."""
    commands: tuple[e.CommandTaken, ...] = ()
    """Everybody who came to command it, in order."""
    offered_to: str | None = None
    """Who was asked to command next and has not accepted yet."""
    handovers: tuple[Handover, ...] = ()
    notes: tuple[e.NoteAdded, ...] = ()
    severity_changes: tuple[e.SeverityChanged, ...] = ()
    reopenings: tuple[e.IncidentReopened, ...] = ()
    reacted_at: datetime | None = None
    """When a person last did anything here but note something."""
    stop: e.IncidentStopped | None = None
    """Who halted it, while it is halted."""
    stopped_at_end: e.IncidentStopped | None = None
    """The stop that stood when it was resolved: it stands again where it is reopened."""
    hints: tuple[e.HintGiven, ...] = ()
    resolved_at: datetime | None = None
    resolution: str = ""
    resolved_by: str | None = None
    """The person who said so; None where it ended by itself."""
    reported_at: datetime | None = None

    @classmethod
    def fold(cls, incident_id: str, commits: Iterable[Iterable[e.IncidentEvent]]) -> Incident:
        incident = cls(id=incident_id)
        for events in commits:
            for event in events:
                incident = incident.evolve(event)
            incident = incident.model_copy(update={"version": incident.version + 1})
        return incident

    @property
    def exists(self) -> bool:
        return self.opened_at is not None

    @property
    def status(self) -> Status:
        if self.resolved_at:
            return Status.RESOLVED
        if any(p.all_verified for p in self.fixes):
            return Status.MITIGATED
        return Status.INVESTIGATING if self.diagnosis is None else Status.ACKNOWLEDGED

    @property
    def fixes(self) -> tuple[PlanState, ...]:
        return tuple(p for p in self.plans.values() if p.plan.purpose == "fix")

    @property
    def fix(self) -> PlanState | None:
        """The latest plan meant to mend it."""
        return self.fixes[-1] if self.fixes else None

    @property
    def firing(self) -> tuple[Alert, ...]:
        return tuple(a for a in self.alerts.values() if a.status == "firing")

    @property
    def brief(self) -> bool:
        """Over by itself within two minutes: nothing was run and nobody did anything."""
        if not self.resolved_at or not self.opened_at or self.reacted_at:
            return False
        ran = any(step.started_at for fix in self.fixes for step in fix.steps)
        return not ran and self.resolved_at - self.opened_at <= BRIEF

    @property
    def services(self) -> frozenset[str]:
        """The services that its firing alerts name."""
        return frozenset(alert.service for alert in self.firing if alert.service)

    @property
    def wants_words(self) -> bool:
        """Many will ask about it: it is wide, or as severe as can be."""
        return bool(self.threads) or self.severity == "sev1"

    @property
    def looks_again(self) -> int:
        """How often a hint had it looked into anew."""
        return sum(hint.again for hint in self.hints)

    @property
    def ticket(self) -> Handle | None:
        """The incident's own ticket, once it was opened."""
        books = self.plans.get("books-open")
        return books.steps[0].handle if books else None

    def evolve(self, event: e.IncidentEvent) -> Incident:
        """Apply one event. Total: an event of another release changes nothing."""
        changes: dict[str, object] = {"updated_at": event.at}
        # Who puts something on the timeline may be anybody; whoever was called is called on.
        if is_person(event.actor) and not isinstance(event, e.NoteAdded):
            changes["reacted_at"] = event.at
        return self._apply(event).model_copy(update=changes)

    def _apply(self, event: e.IncidentEvent) -> Incident:
        match event:
            case e.IncidentOpened(alert=alert):
                return self._set(
                    title=event.title,
                    severity=event.severity,
                    service=event.service,
                    environment=event.environment,
                    impact=event.impact,
                    source=alert.source,
                    opened_at=event.at,
                    alerts={alert.fingerprint: alert},
                )
            case e.AlertJoined(alert=alert):
                joined = self._set(
                    alerts={**self.alerts, alert.fingerprint: alert},
                    relapses=self._relapsed(alert, event.at),
                )
                widens = alert.service not in self.services and not self.fixes
                # What was thought of fewer services is thought anew, unless a fix is on its way.
                return joined._set(diagnosis=None, threads={}) if widens else joined
            case e.ThreadsAssigned():
                return self._set(
                    threads={t.id: ThreadState(thread=t) for t in event.threads},
                    threads_deadline=event.deadline,
                )
            case e.ThreadFinished():
                done = self.threads[event.thread].model_copy(update={"finished": event})
                return self._set(threads={**self.threads, event.thread: done})
            case e.AlertCleared(fingerprint=fingerprint):
                known = self.alerts[fingerprint]
                began = max(known.starts_at, event.starts_at or known.starts_at)
                cleared = known.model_copy(
                    update={"status": "resolved", "starts_at": began, "ends_at": event.at}
                )
                return self._set(alerts={**self.alerts, fingerprint: cleared})
            case e.DiagnosisReached(diagnosis=diagnosis):
                kept = self.diagnoses
                if kept and not diagnosis.overturns(kept[-1]):
                    kept = kept[:-1]
                return self._set(
                    diagnosis=diagnosis, diagnosed_at=event.at, diagnoses=(*kept, diagnosis)
                )
            case e.WordsDrafted(words=words):
                return self._set(words=words)
            case e.PlanProposed(plan=plan, verdict=verdict):
                return self._plan(PlanState.proposed(plan, verdict, event.at))
            case e.PersonCalled():
                call = Call(
                    to=event.to,
                    reason=event.reason,
                    at=event.at,
                    rung=event.rung,
                    then=event.then,
                    anew=event.anew,
                )
                called = self._set(calls=(*self.calls, call))
                state = self.plans.get(event.plan_id or "")
                return called._plan(state.evolve(event)) if state else called
            case e.IncidentTaken():
                return self._set(taken_by=event.actor)
            case e.BooksSkipped():
                return self._set(
                    skipped_books={**self.skipped_books, event.milestone: event.reason}
                )
            case e.IncidentStopped():
                return self._set(stop=event)
            case e.IncidentResumed():
                return self._set(stop=None)
            case e.HintGiven():
                hinted = self._set(hints=(*self.hints, event))
                return hinted._set(diagnosis=None, threads={}) if event.again else hinted
            case e.SeverityChanged(severity=severity):
                changes = (*self.severity_changes, event)
                return self._set(severity=severity, severity_changes=changes)
            case e.HandoverOffered(to=to):
                asked = Handover(by=event.actor, to=to, at=event.at)
                return self._set(offered_to=to, handovers=(*self.handovers, asked))
            case e.CommandTaken():
                return self._commanded(event)
            case e.NoteAdded():
                return self._set(notes=(*self.notes, event))
            case e.IncidentReopened():
                return self._set(
                    resolved_at=None,
                    resolution="",
                    resolved_by=None,
                    reported_at=None,
                    taken_by=event.actor,
                    stopped_at_end=None,
                    reopenings=(*self.reopenings, event),
                )
            case e.IncidentResolved():
                return self._set(
                    resolved_at=event.at,
                    resolution=event.summary,
                    resolved_by=event.actor if is_person(event.actor) else None,
                    stop=None,
                    stopped_at_end=self.stop,
                )
            case e.IncidentReported():
                return self._set(reported_at=event.at)
            case e.UnknownEvent():
                return self
            case _:
                return self._plan(self.plans[event.plan_id].evolve(event))

    def _commanded(self, event: e.CommandTaken) -> Incident:
        handovers = self.handovers
        if self.offered_to == event.actor:
            accepted = handovers[-1].model_copy(update={"accepted_at": event.at})
            handovers = (*handovers[:-1], accepted)
        return self._set(
            commander=event.actor,
            offered_to=None,
            handovers=handovers,
            commands=(*self.commands, event),
        )

    def _relapsed(self, alert: Alert, at: datetime) -> dict[str, Relapse]:
        known, fix = self.alerts.get(alert.fingerprint), self.fix
        watched = fix is not None and fix.status is PlanStatus.RUNNING and fix.landed
        if not (fix and watched and known and known.status == "resolved"):
            return self.relapses
        again = Relapse(plan_id=fix.plan.id, title=alert.title, at=at)
        return {fix.plan.id: again, **self.relapses}

    def _set(self, **changes: object) -> Incident:
        return self.model_copy(update=changes)

    def _plan(self, plan: PlanState) -> Incident:
        return self._set(plans={**self.plans, plan.plan.id: plan})


__all__ = [
    "Call",
    "Handover",
    "Incident",
    "PlanState",
    "PlanStatus",
    "Relapse",
    "StepState",
    "StepStatus",
]
