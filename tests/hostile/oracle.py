"""Judges, entry by entry, what reached the world against what the ledger says and people did.

Written from the table of promises, not from the product: it knows events and their order, and calls
neither `decide` nor the gate. Longer than other files: one reading of all promises in one place.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import reduce
from typing import Any

from bot.domain import events as e
from bot.domain.values import Plan, Step
from bot.slack.views.text import read
from tests.hostile.needed import Case, call, failed_lately, needed, own_steps, smaller, touched


@dataclass(frozen=True)
class Click:
    """A person pressed something, and whether, as the world was then, it was theirs to press."""

    user: str
    incident: str
    plan: str
    digest: str
    choice: str
    rightful: bool
    via: frozenset[str]
    """The groups they were in."""
    seen: str
    """The message they looked at."""


@dataclass(frozen=True)
class Narrowed:
    """A full member wanted less of a plan, or somebody who is none."""

    user: str
    incident: str
    plan: str
    digest: str
    rightful: bool


@dataclass(frozen=True)
class Wanted:
    """A person wanted something done about a plan besides deciding on it."""

    what: str
    """`halt`, `hand` or `undo`."""
    user: str
    incident: str
    plan: str
    digest: str
    rightful: bool
    over: Mapping[str, str] = field(default_factory=dict)
    """Lamp → colour: what they were shown to be written over."""


@dataclass(frozen=True)
class Moment:
    """What was true outside when a commit was made."""

    now: datetime
    lamps: Mapping[str, str]
    dust: float | None
    stopped: frozenset[str]
    """Everything, services and incidents that people have stopped."""
    unsure: bool
    """The disk confirms nothing."""
    server: datetime
    """By the clock that no worker can set."""
    rulebooks: frozenset[str]
    """Those that a worker still alive was started with."""
    late: bool
    """A worker was held: what it checked may have changed since."""


@dataclass
class Watched:
    """A plan, as far as the judge followed it."""

    plan: Plan
    digest: str
    asked: e.ApprovalRequested | None = None
    approvers: dict[str, frozenset[str]] = field(default_factory=dict)
    """Who approved, with the groups they were in."""
    seen: list[str] = field(default_factory=list)
    over: str = ""
    """Why nothing of it may start any more."""
    started: dict[int, e.ActionStarted] = field(default_factory=dict)
    verified: set[int] = field(default_factory=set)
    undone: set[int] = field(default_factory=set)
    halted: bool = False
    wanted: dict[int, e.UndoApproved] = field(default_factory=dict)
    """Steps that a person wants undone."""
    refused: set[int] = field(default_factory=set)
    """Steps whose undo did not begin, and that nobody wanted undone since."""
    failed: bool = False
    """It ran and did not help."""
    by_hand: bool = False
    """A person ended it, or asked for it again."""
    asks: bool = False
    """A person had put a hand in before it was proposed."""


class Oracle:
    """Collects faults; one is one too many."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.reached: Counter[str] = Counter()
        """Idempotency key → how often an effect arrived under it."""
        self.plans: dict[tuple[str, str], Watched] = {}
        self._keys: dict[str, tuple[Watched, int, bool]] = {}
        self._clicks: list[Click] = []
        self._confidence: dict[str, str] = {}
        self._resolved: set[str] = set()
        self._let_go: dict[str, dict[str, datetime]] = {}
        """Incident → the alerts that it held when it was resolved."""
        self._milder: set[str] = set()
        """Incidents that a person made less severe."""
        self.commanders: dict[str, str] = {}
        self._asked_to_command: dict[str, str] = {}
        self._held: dict[str, tuple[str, datetime]] = {}
        self._closed: dict[str, datetime] = {}
        self._narrowings: list[Narrowed] = []
        self._wants: list[Wanted] = []
        self._narrowed: dict[str, dict[str, int]] = defaultdict(dict)
        """Incident → calls that people made smaller → their place in the runbook."""
        self._unsure: set[str] = set()
        """Keys of starts that no disk confirmed."""
        self._failed: list[tuple[str, str, datetime]] = []
        self._smashed: list[datetime] = []

    def narrows(self, narrowed: Narrowed) -> None:
        self._narrowings.append(narrowed)

    def wants(self, wanted: Wanted) -> None:
        self._wants.append(wanted)

    def reset(self, service: str) -> None:
        """A person lets it act by itself on that service again."""
        self._failed = [each for each in self._failed if each[0] != service]

    def clicked(self, click: Click) -> None:
        self._clicks.append(click)

    def told(self, incident: str, events: Sequence[e.IncidentEvent], moment: Moment) -> None:
        for event in events:
            if isinstance(event, e.PlanVoided) and event.cause == "replaced":
                self._replaced(incident, event, events, moment)
            self._event(incident, event, moment)

    def arrived(self, key: str, what: str) -> None:
        """An effect is in the world now."""
        self.reached[key] += 1
        self._hold(self.reached[key] == 1, f"{what}: {self.reached[key]} effects under {key}")
        found = self._keys.get(key)
        if found is None:
            self.faults.append(f"{what}: no start on record for {key!r}")
            return
        watched, index, undo = found
        step = watched.plan.steps[index]
        self._hold(key not in self._unsure, f"{what} left, and no disk had confirmed its start")
        if undo:
            saved = watched.started[index].checkpoint or {}
            wanted = f"paint {step.params['lamp']} {saved.get('colour')}"
        else:
            wanted = _words(step.tool, step.params)
        self._hold(what.startswith(wanted), f"{what!r} arrived where {wanted!r} was started")
        if watched.asked and watched.approvers and not undo:
            told = [_spelt(value) for value in _values(step.params)]
            hidden = [value for value in told if not any(value in s for s in watched.seen)]
            self._hold(not hidden, f"{what!r} ran, and nobody was shown {hidden}")

    def _hold(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.faults.append(otherwise)

    def _event(self, incident: str, event: e.IncidentEvent, moment: Moment) -> None:
        plan_id = getattr(event, "plan_id", None)
        watched = self.plans.get((incident, plan_id or ""))
        match event:
            case e.IncidentOpened(alert=alert) | e.AlertJoined(alert=alert):
                holder, _ = self._held.get(alert.fingerprint, ("", None))
                again = alert.starts_at <= self._closed.get(
                    alert.fingerprint, datetime.min
                ).replace(tzinfo=alert.starts_at.tzinfo)
                self._hold(holder in ("", incident), f"{alert.fingerprint} is in two incidents")
                self._hold(not again, f"a late firing of {alert.fingerprint} opened {incident}")
                self._hold(incident not in self._resolved, f"{incident} was opened again")
                self._held[alert.fingerprint] = (incident, alert.starts_at)
            case e.AlertCleared(fingerprint=fingerprint):
                began = [
                    self._held[fingerprint][1],
                    *([event.starts_at] if event.starts_at else []),
                ]
                self._held[fingerprint] = (incident, max(began))
                self._closed[fingerprint] = max(began)
            case e.DiagnosisReached(diagnosis=diagnosis):
                self._confidence[incident] = diagnosis.confidence
            case e.PlanProposed(plan=plan, verdict=verdict):
                new = (incident, plan.id) not in self.plans
                self._hold(new, f"{incident} {plan.id} was proposed twice")
                late = incident in self._resolved and plan.purpose == "fix"
                self._hold(not late, f"{plan.id} was proposed for {incident}, which was over")
                hand = incident in self._milder or any(
                    each.by_hand for (of, _), each in self.plans.items() if of == incident
                )
                self.plans[incident, plan.id] = Watched(plan, plan.digest(verdict.rule), asks=hand)
            case e.IncidentResolved():
                self._over(incident)
            case e.IncidentReopened():
                self._hold(incident in self._resolved, f"{incident} was reopened, and was open")
                self._resolved.discard(incident)
                for fingerprint, starts_at in self._let_go.pop(incident, {}).items():
                    self._held.setdefault(fingerprint, (incident, starts_at))
            case e.SeverityChanged():
                if event.severity > event.before:
                    self._milder.add(incident)
            case e.HandoverOffered(to=to):
                self._asked_to_command[incident] = to
            case e.CommandTaken(actor=actor):
                now, asked = self.commanders.get(incident), self._asked_to_command.pop(incident, "")
                self._hold(not now or actor == asked, f"{actor} took {incident} from {now}")
                self.commanders[incident] = actor
            case e.ReplanRequested() if watched:
                watched.by_hand = True
            case e.ApprovalRequested() if watched:
                watched.asked = event
            case e.ApprovalDecided() if watched:
                self._decided(incident, watched, event, moment)
            case e.PlanHalted() if watched:
                self._pressed("halt", incident, event, watched)
                self._hold(not watched.over, f"{plan_id} was halted, and was {watched.over}")
                watched.halted = True
            case e.PlanVoided() if watched:
                if event.cause == "handed":
                    self._pressed("hand", incident, event, watched)
                    self._hold(not watched.started, f"{plan_id} was handed over, and had begun")
                held = watched.halted or event.cause != "halted"
                self._hold(held, f"{plan_id} is void by a halt that nobody wanted")
                watched.over = event.cause
                by_hand = event.cause in ("halted", "handed", "stopped", "resolved")
                watched.by_hand |= by_hand and watched.plan.purpose == "fix"
            case e.UndoApproved() if watched:
                self._pressed("undo", incident, event, watched)
                watched.by_hand = True
                watched.wanted |= dict.fromkeys(event.steps, event)
                watched.refused -= set(event.steps)
            case e.ActionStarted() if watched:
                self._started(incident, watched, event, moment)
            case e.ActionFinished() if watched:
                self._finished(watched, event, moment)
            case e.ActionVerified() if watched:
                self._hold(event.step in watched.started, f"{plan_id} verified, never started")
                if event.passed:
                    watched.verified.add(event.step)
                else:
                    watched.over, watched.failed = "failed", True
                    self._count(watched, event.step, moment)
            case e.RecoveryVerified() if watched:
                watched.over = "done" if event.passed else "failed"
                watched.failed = not event.passed
            case e.RollbackStarted() if watched:
                self._undo(incident, watched, event, moment)
            case e.RollbackFinished(outcome="refused") if watched:
                watched.refused.add(event.step)
            case e.RollbackFinished(outcome="succeeded") if watched:
                self._count(watched, event.step, moment)
                landed = self.reached[watched.started[event.step].key + "-undo"]
                self._hold(landed == 1, f"step {event.step} of {plan_id} undone, says the ledger")

    def _over(self, incident: str) -> None:
        """Resolved: every alert is let go, and no fix may start any more."""
        self._resolved.add(incident)
        for fingerprint, (holder, starts_at) in list(self._held.items()):
            if holder == incident:
                del self._held[fingerprint]
                self._let_go.setdefault(incident, {})[fingerprint] = starts_at
                self._closed[fingerprint] = starts_at
        for (name, _), watched in self.plans.items():
            if name == incident and watched.plan.purpose == "fix":
                watched.over = watched.over or "resolved"

    def _decided(
        self, incident: str, watched: Watched, event: e.ApprovalDecided, moment: Moment
    ) -> None:
        name = f"{event.choice} of {incident} {event.plan_id} by {event.actor!r}"
        asked = watched.asked
        if asked is None or asked.digest != event.digest:
            self.faults.append(f"{name}: nobody was asked that")
            return
        self._hold(not watched.over, f"{name}: it was {watched.over} already")
        self._hold(moment.now < asked.expires_at, f"{name}: it had expired")
        self._hold(event.actor not in watched.approvers, f"{name}: counted twice")
        key = (event.actor, incident, event.plan_id, event.digest, event.choice)
        pressed = [
            c for c in self._clicks if (c.user, c.incident, c.plan, c.digest, c.choice) == key
        ]
        self._hold(any(c.rightful for c in pressed), f"{name}: it was not theirs to decide")
        if event.choice == "reject":
            watched.over = "rejected"
            return
        own = event.actor in (watched.plan.requester, *watched.plan.prompted_by)
        self._hold(not own, f"{name}: whoever asked for it can't approve it")
        watched.approvers[event.actor] = pressed[-1].via if pressed else frozenset()
        watched.seen += [read(c.seen) for c in pressed]

    def _pressed(
        self,
        what: str,
        incident: str,
        event: e.PlanHalted | e.PlanVoided | e.UndoApproved,
        watched: Watched,
    ) -> None:
        """Somebody wanted it who may, and was shown what an undo writes over."""
        name = f"{what} of {incident} {event.plan_id} by {event.actor!r}"
        digest = getattr(event, "digest", watched.digest)
        key = (what, event.actor, incident, event.plan_id, digest)
        pressed = [w for w in self._wants if (w.what, w.user, w.incident, w.plan, w.digest) == key]
        self._hold(any(w.rightful for w in pressed), f"{name}: it was not theirs to want")
        over = {f.target: f.value for f in getattr(event, "over", ())}
        shown = any(over.items() <= w.over.items() for w in pressed)
        self._hold(shown, f"{name}: they were not shown {over}")

    def _started(
        self, incident: str, watched: Watched, event: e.ActionStarted, moment: Moment
    ) -> None:
        plan, step = watched.plan, watched.plan.steps[event.step]
        name = f"step {event.step + 1} of {incident} {plan.id} ({step.tool})"
        self._hold(not watched.over, f"{name} started, but its plan was {watched.over}")
        self._hold(event.step not in watched.started, f"{name} started twice")
        self._hold(event.key not in self._keys, f"{name}: key {event.key} was used before")
        self._hold(not watched.halted, f"{name} started, though its plan was halted")
        before = set(range(event.step))
        self._hold(before <= watched.verified, f"{name} started before what comes before it")
        self._not_stopped(name, incident, watched, event.step, moment)
        if step.reversible:
            self._hold(event.checkpoint is not None, f"{name} started without a checkpoint")
        self._warranted(name, incident, watched, moment)
        self._few_enough(name, step, moment)
        if moment.unsure:
            self._unsure.add(event.key)
        if watched.asked:
            given = len(watched.approvers)
            self._hold(
                given >= watched.asked.approvals,
                f"{name} started with {given} of {watched.asked.approvals} approvals",
            )
        if not moment.late:
            self._as_shown(name, watched, event.step, moment)
        watched.started[event.step] = event
        self._keys[event.key] = (watched, event.step, False)

    def _warranted(self, name: str, incident: str, watched: Watched, moment: Moment) -> None:
        """Some policy that was in force lets it run, with the people who approved."""
        failed = failed_lately(self._failed, moment.server)
        case = Case(
            plan=watched.plan,
            confidence=self._confidence.get(incident, "low"),
            now=moment.now,
            tripped=frozenset(service for service, times in failed.items() if times >= 3),
            failed_fixes=sum(
                each.failed and each.plan.purpose == "fix"
                for (of, _), each in self.plans.items()
                if of == incident
            ),
            narrowed=self._narrowed[incident],
            asks=watched.asks,
        )
        wanted = {book: needed(book, case) for book in moment.rulebooks}
        # A worker that is held may have asked before a freeze began; nothing else of this changes.
        if moment.late and "freeze" in wanted:
            early = replace(case, now=datetime.min.replace(tzinfo=case.now.tzinfo))
            wanted["a moment before the freeze"] = needed("freeze", early)
        given = dict(watched.approvers)
        enough = any(each is not None and each.given(given) for each in wanted.values())
        self._hold(enough, f"{name} started with {given or 'nobody'}, policy wants {wanted}")

    def _few_enough(self, name: str, step: Step, moment: Moment) -> None:
        """The one limit that every policy here has: two lamps smashed in an hour."""
        if step.tool != "smash":
            return
        self._smashed = [at for at in self._smashed if (moment.server - at).total_seconds() < 3600]
        self._smashed.append(moment.server)
        self._hold(len(self._smashed) <= 2, f"{name} is number {len(self._smashed)} in an hour")

    def _not_stopped(
        self, name: str, incident: str, watched: Watched, index: int, moment: Moment
    ) -> None:
        """One incident's stop is for its fixes: its books go on. A service's is for its steps."""
        fix = watched.plan.purpose == "fix"
        scopes = {"all", *([incident, *touched(watched.plan.steps[index])] if fix else [])}
        held = scopes & moment.stopped
        self._hold(not held, f"{name} began, and {held} was stopped")

    def _count(self, watched: Watched, index: int, moment: Moment) -> None:
        """An action failed, or was put back."""
        if watched.plan.purpose == "fix" and index in watched.started:
            key = watched.started[index].key
            for service in touched(watched.plan.steps[index]):
                if (service, key) not in {(s, k) for s, k, _ in self._failed}:
                    self._failed.append((service, key, moment.server))

    def _replaced(
        self,
        incident: str,
        void: e.PlanVoided,
        events: Sequence[e.IncidentEvent],
        moment: Moment,
    ) -> None:
        """A person made a plan smaller: nobody has approved that yet, and they alone can't."""
        wide = self.plans.get((incident, void.plan_id))
        made = [event.plan for event in events if isinstance(event, e.PlanProposed)]
        asked = [event for event in events if isinstance(event, e.ApprovalRequested)]
        name = f"{incident} {void.plan_id} made smaller by {void.actor!r}"
        if wide is None or len(made) != 1 or len(asked) != 1 or wide.asked is None:
            self.faults.append(f"{name}: {len(made)} plans, {len(asked)} questions")
            return
        plan = made[0]
        reason = smaller(wide.plan.steps, plan.steps)
        self._hold(not reason, f"{name}: {reason}")
        self._hold(not wide.over and not wide.started, f"{name}: it was {wide.over or 'begun'}")
        self._hold(moment.now < wide.asked.expires_at, f"{name}: it had expired")
        self._hold(plan.requester == void.actor, f"{name}: {plan.requester!r} asks for it")
        prompted = {wide.plan.requester, *wide.plan.prompted_by} & {"U1", "U2", "U3"}
        forgot = prompted - {plan.requester, *plan.prompted_by}
        self._hold(not forgot, f"{name}: that {forgot} prompted it is forgotten")
        self._hold(asked[0].digest != wide.asked.digest, f"{name}: it is the same to approve")
        same = (wide.plan.guards == plan.guards) or [g.expect for g in wide.plan.guards] == [
            g.expect for g in plan.guards
        ]
        self._hold(same, f"{name}: its guards differ")
        key = (void.actor, incident, void.plan_id, wide.asked.digest)
        rightful = any(
            each.rightful and (each.user, each.incident, each.plan, each.digest) == key
            for each in self._narrowings
        )
        self._hold(rightful, f"{name}: it was not theirs to make smaller")
        places = own_steps(wide.plan) | self._narrowed[incident]
        for was, now in zip(wide.plan.steps, plan.steps, strict=False):
            place = places.get(call(was.tool, was.params))
            if place is not None:
                self._narrowed[incident][call(now.tool, now.params)] = place

    def _as_shown(self, name: str, watched: Watched, index: int, moment: Moment) -> None:
        """Guards hold and the world is as it was shown, but for what earlier steps left."""
        if watched.plan.guards:
            dusty = moment.dust is None or moment.dust >= 10
            self._hold(not dusty, f"{name} started with a guard at {moment.dust!r}")
        for change in watched.plan.steps[index].dry_run.changes:
            left = [
                earlier.after
                for step in watched.plan.steps[:index]
                for earlier in step.dry_run.changes
                if (earlier.target, earlier.field) == (change.target, change.field)
            ]
            wanted, found = left[-1] if left else change.before, moment.lamps[change.target]
            self._hold(found == wanted, f"{name} started over {found!r}, shown was {wanted!r}")

    def _finished(self, watched: Watched, event: e.ActionFinished, moment: Moment) -> None:
        start = watched.started.get(event.step)
        if start is None:
            self.faults.append(f"step {event.step} of {event.plan_id} ended and never started")
            return
        landed = self.reached[start.key] > 0
        if event.outcome == "succeeded":
            self._hold(landed, f"{start.key} succeeded, says the ledger; it never arrived")
        else:
            watched.over, watched.failed = event.outcome, True
            self._count(watched, event.step, moment)
        if event.outcome == "failed":
            self._hold(not landed, f"{start.key} failed, says the ledger; it had arrived")

    def _undo(
        self, incident: str, watched: Watched, event: e.RollbackStarted, moment: Moment
    ) -> None:
        name = f"the undo of step {event.step + 1} of {event.plan_id}"
        start = watched.started.get(event.step)
        if start is None:
            self.faults.append(f"{name} began; the step never did")
            return
        self._hold(event.key not in self._keys, f"{name} began twice")
        self._not_stopped(name, incident, watched, event.step, moment)
        wanted = watched.wanted.get(event.step)
        by = wanted.actor if wanted else ""
        self._hold(event.approved_by == by, f"{name} began for {event.approved_by!r}, not {by!r}")
        stood = watched.over in ("stopped", "halted") and wanted is None
        self._hold(not stood, f"{name} began, though a person had ended its plan")
        if moment.unsure:
            self._unsure.add(event.key)
        failed = watched.over not in ("", "done")
        self._hold(failed or wanted is not None, f"{name} began, and nothing had failed")
        self._hold(event.step not in watched.refused, f"{name} began, and had been refused")
        self._hold(watched.over != "unknown", f"{name} began over an unknown outcome")
        self._hold(self.reached[start.key] == 1, f"{name} began; the step never arrived")
        self._hold(watched.plan.steps[event.step].reversible, f"{name}: there is none")
        later = {i for i in watched.started if i > event.step and _reversible(watched, i)}
        arrived = {i for i in later if self.reached[watched.started[i].key]}
        self._hold(arrived <= watched.undone, f"{name} began before that of a later step")
        step = watched.plan.steps[event.step]
        if not moment.late and not watched.undone & _same_field(watched, event.step):
            over = {f.target: f.value for f in wanted.over} if wanted else {}
            lamp, left = step.params["lamp"], step.params["colour"]
            found, may = moment.lamps[lamp], over.get(lamp, left)
            self._hold(found == may, f"{name} began over {found!r} of somebody else")
        watched.undone.add(event.step)
        self._keys[event.key] = (watched, event.step, True)


def _same_field(watched: Watched, index: int) -> set[int]:
    """Later steps over the same lamp: once those are undone, it is as this one left it."""
    steps = watched.plan.steps
    lamp = steps[index].params["lamp"]
    return {i for i in range(index + 1, len(steps)) if steps[i].params.get("lamp") == lamp}


def _reversible(watched: Watched, index: int) -> bool:
    return watched.plan.steps[index].reversible


def _words(tool: str, params: Mapping[str, Any]) -> str:
    """What the world writes down when this call arrives."""
    match tool:
        case "paint_many":
            return f"paint_many {','.join(params['lamps'])} {params['colour']}"
        case "create_ticket":
            return f"open {params['summary']}"
        case "update_ticket":
            return f"update {params['key']}"
        case _:
            return " ".join([tool, *(str(value) for value in params.values())])


def _spelt(text: str) -> str:
    """Characters that nobody sees, by their number."""
    unseen = (c for c in set(text) if unicodedata.category(c) == "Cf")
    return reduce(lambda spelt, c: spelt.replace(c, f"⟨U+{ord(c):04X}⟩"), unseen, text)


def _values(params: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for value in params.values():
        found += [str(each) for each in (value if isinstance(value, list | tuple) else [value])]
    return [value for value in found if value]
