"""Judges what a drill left: each rule is one promise, and says what broke it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain import events as e
from bot.domain.plan_state import PlanState
from bot.domain.values import Allow, Ask
from bot.sandbox.drills.evidence import Effect, Evidence, place

_ON_ITS_WAY = 0.3
"""Seconds in which a call may still come in that left before the answer."""

Rule = Callable[[Evidence], str | None]


def one_incident(seen: Evidence) -> str | None:
    """One alert is one incident with one thread (rows 2 and 4)."""
    if len(seen.incidents) != 1:
        return f"the alert became {len(seen.incidents)} incidents"
    roots = [message for message in seen.messages if place(message)[1] == "card"]
    return None if len(roots) == 1 else f"{len(roots)} threads were opened"


def an_end(seen: Evidence) -> str | None:
    """Resolved and reported, or a person was called and told why."""
    for incident in seen.incidents:
        if incident.reported_at is None and not any(call.reason for call in incident.calls):
            return f"{incident.id} has no end, and nobody was called"
    return None


def once(seen: Evidence) -> str | None:
    """Each effect reached the company at most once, and each ticket was opened once (rows 7, 8
    and 20)."""
    for what, times in Counter(effect.text for effect in seen.effects).items():
        if times > 1:
            return f"{times} times: {what}"
    for ticket, times in Counter(seen.tickets).items():
        if times > 1:
            return f"{times} tickets: {ticket}"
    for events in seen.decisions.values():
        starts = [(x.plan_id, x.step) for x in events if isinstance(x, e.ActionStarted)]
        for (plan, step), times in Counter(starts).items():
            if times > 1:
                return f"step {step + 1} of {plan} was started {times} times"
    return None


def allowed(seen: Evidence) -> str | None:
    """Each effect was started in the ledger before, and approved or allowed before that, by the
    ledger's own order (row 9)."""
    starts = [start for name in seen.decisions for start in _starts(seen.decisions[name])]
    for effect in seen.effects:
        start = next((start for start in starts if start.explains(effect)), None)
        if start is None:
            return f"nobody started: {effect.text}"
        if not start.allowed:
            return f"started before it was approved: {effect.text}"
        starts.remove(start)
    return None


def messages(seen: Evidence) -> str | None:
    """Each message of the threads is there, and once."""
    there = Counter(place(message) for message in seen.messages)
    for (name, slot), times in there.items():
        if times > 1:
            return f"the message {slot!r} of {name} was posted {times} times"
    posted = {(message.channel, message.ts) for message in seen.messages}
    for name, slots in seen.slots.items():
        for slot, known in slots.items():
            if known.status != "posted" or (known.channel, known.ts) not in posted:
                return f"the message {slot!r} of {name} was lost"
    return None


def last_words(seen: Evidence) -> str | None:
    """What was decided last is told: the report, or the call for a person."""
    for incident in seen.incidents:
        slots = seen.slots[incident.id]
        if incident.reported_at and not incident.brief and "report" not in slots:
            return "the report was never posted"
        if incident.calls and not any(slot.startswith("escalation") for slot in slots):
            return "the call for a person was never posted"
    return None


def patience(seen: Evidence) -> str | None:
    """A 429 is honoured: that method is not called again before its time, by anybody."""
    until: dict[tuple[str, str], float] = {}
    for call in seen.calls:
        # Posts are counted by channel, everything else for the whole workspace.
        channel = str(call.body.get("channel", "")) if call.method == "chat.postMessage" else ""
        pushed = until.get((call.method, channel), 0.0) - call.at
        if pushed > 0:
            return f"{call.method} was called {pushed:.1f} s before Slack had said it may be"
        if call.retry_after:
            until[call.method, channel] = call.at + call.retry_after - _ON_ITS_WAY
    return None


def unknown_calls(seen: Evidence) -> str | None:
    """What can't be told calls a person (row 8)."""
    for events in seen.decisions.values():
        for number, event in enumerate(events):
            doubtful = isinstance(event, e.ActionFinished | e.RollbackFinished)
            if not doubtful or getattr(event, "outcome", "") != "unknown":
                continue
            if not any(isinstance(later, e.PersonCalled) for later in events[number:]):
                return "an outcome is unknown, and nobody was called"
    return None


def whole_trail(seen: Evidence) -> str | None:
    """`opsbot audit verify` finds nothing (row 21)."""
    for audit in seen.audits:
        if audit.flaws:
            return f"audit of {audit.incident}: {audit.flaws[0].what}"
    return None


ALWAYS: tuple[Rule, ...] = (
    one_incident,
    an_end,
    once,
    allowed,
    messages,
    last_words,
    unknown_calls,
    whole_trail,
)


def end(seen: Evidence) -> str:
    """How it ended, in a few words."""
    if not seen.incidents:
        return "no incident"
    incident = seen.incidents[0]
    if incident.resolved_at:
        return "resolved"
    return f"a person: {incident.calls[-1].reason}" if incident.calls else "open"


@dataclass(frozen=True, slots=True)
class _Start:
    """A step, or its undo, as the ledger says it was started."""

    at: datetime
    marks: frozenset[str]
    """Texts of which an effect of it carries one."""
    allowed: bool

    def explains(self, effect: Effect) -> bool:
        # The company writes whole milliseconds.
        since = self.at.replace(microsecond=self.at.microsecond // 1000 * 1000)
        return effect.at >= since and any(effect.text.endswith(mark) for mark in self.marks)


def _starts(events: Sequence[e.IncidentEvent]) -> Iterator[_Start]:
    plans: dict[str, PlanState] = {}
    for event in events:
        if isinstance(event, e.PlanProposed):
            plans[event.plan.id] = PlanState.proposed(event.plan, event.verdict, event.at)
        elif isinstance(event, e.ApprovalDecided):
            plans[event.plan_id] = plans[event.plan_id].evolve(event)
            if event.digest != plans[event.plan_id].digest:
                plans.pop(event.plan_id)
        elif isinstance(event, e.ActionStarted | e.RollbackStarted):
            state = plans.get(event.plan_id)
            undo = isinstance(event, e.RollbackStarted)
            marks = _marks(state, event.step, undo=undo) if state else frozenset()
            yield _Start(event.at, marks | {event.key}, state is not None and _may_run(state))


def _marks(state: PlanState, step: int, *, undo: bool) -> frozenset[str]:
    changes = state.plan.steps[step].dry_run.changes
    pairs = [(c, c.after, c.before) if undo else (c, c.before, c.after) for c in changes]
    return frozenset(f"{c.target}.{c.field}: {was} → {becomes}" for c, was, becomes in pairs)


def _may_run(state: PlanState) -> bool:
    match state.verdict:
        case Allow():
            return True
        case Ask(approvals=needed):
            return len(state.approvers) >= needed
        case _:
            return False
