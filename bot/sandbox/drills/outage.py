"""An hour in which Slack takes nothing while incidents move; then what still matters is told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import takewhile

from bot import wiring
from bot.domain import events as e
from bot.domain.waiting import RUNGS
from bot.sandbox.drills.drill import Drill, Told
from bot.sandbox.drills.evidence import Evidence, place
from bot.sandbox.drills.ground import Ground, until
from bot.sandbox.drills.incident import approve, over
from bot.sandbox.drills.retelling import Retelling
from bot.sandbox.drills.verdict import Rule, allowed, an_end, messages, once, whole_trail
from bot.sandbox.slack.workspace import DEV
from bot.sandbox.stage import APPROVERS
from bot.slack import ids

_HOUR = timedelta(hours=1)
_INCIDENTS = 20
_APART = timedelta(minutes=3)
"""Five that open within five minutes would be a storm."""
_REFUSED = 20
"""Calls that Slack has refused before anything moves on: whoever shows it is at it."""
_FIRST = ["card", "investigation", "diagnosis"]
_MENDED, _EXPIRED, _TAKEN, _CALLED = range(4)
"""How each fourth of them ended within the hour."""
_WANTED = {
    _MENDED: [*_FIRST, "execution:P1", "monitor:P1", "report"],
    _EXPIRED: [*_FIRST, "approval:P1", "escalation:1"],
    _TAKEN: _FIRST,
    _CALLED: [*_FIRST, "escalation:2"],
}
"""What Slack says of it afterwards, in this order."""


async def an_hour(ground: Ground, told: Told) -> None:
    """One incident takes place, and what happened in it happens to twenty others in the hour."""
    await ground.company.break_etl()
    async with asyncio.TaskGroup() as tasks:
        approving = tasks.create_task(approve(ground))
        await over(ground)
        approving.cancel()
    [first] = await ground.incidents()
    events = await ground.ledger.decisions(first.id)
    work = await ground.ledger.work(first.id)
    retelling = Retelling(ground, first.id, events)
    ground.slack.outage(True)
    # What is told again is nobody's to investigate.
    with ground.asleep("wait", "act"):
        names = await _told_again(ground, retelling, work)
    since = time.time()
    ground.slack.outage(False)
    await over(ground)
    told.killed = "nobody: Slack was away"
    told.rules += [_CaughtUp(names, since).rule, _real_effects(first.id)]


async def _told_again(
    ground: Ground, retelling: Retelling, work: Sequence[e.WorkEvent]
) -> list[str]:
    """The beginnings of all, and once Slack has refused to hear of them the rest; their names."""
    later: dict[str, list[e.IncidentEvent]] = {}
    for number in range(_INCIDENTS):
        name, began = await retelling.new_name(), wiring.now() - _HOUR + number * _APART
        story = _fate(number % len(_WANTED), retelling.like(name, began))
        opening = list(takewhile(lambda x: not isinstance(x, e.DiagnosisReached), story))
        later[name] = story[len(opening) :]
        await retelling.begin(name, began)
        await retelling.tell(name, opening)
        await ground.ledger.note(name, *work)
    await until(
        lambda: sum(c.error == "service_unavailable" for c in ground.slack.calls) > _REFUSED,
        "Slack was not called in its outage",
    )
    for name, rest in later.items():
        await retelling.tell(name, rest)
    return list(later)


def _fate(which: int, story: list[e.IncidentEvent]) -> list[e.IncidentEvent]:
    """The story, up to where its end differs."""
    if which == _MENDED:
        return story
    asked = next(x for x in story if isinstance(x, e.ApprovalRequested))
    kept = [x for x in story if _plan(x).startswith("books-open") or x.at <= asked.at]
    if which == _EXPIRED:
        expired = e.PlanVoided(
            at=asked.expires_at,
            actor="opsbot",
            plan_id=asked.plan_id,
            cause="expired",
            reason="nobody decided in time",
        )
        return [*kept, expired, _call(expired.at, "nobody decided", asked.plan_id)]
    unknown = [x for x in kept if _plan(x) != asked.plan_id]
    first = _call(asked.at, "no plan is known")
    if which == _TAKEN:
        return [*unknown, first, e.IncidentTaken(at=asked.at, actor=DEV.id)]
    return [*unknown, first, _call(asked.at, "nobody reacted")]


def _plan(event: e.IncidentEvent) -> str:
    if isinstance(event, e.PlanProposed):
        return event.plan.id
    return getattr(event, "plan_id", None) or ""


def _call(at: datetime, reason: str, plan_id: str | None = None) -> e.PersonCalled:
    """The last one: those before are not waited for in a drill."""
    return e.PersonCalled(
        at=at, actor="opsbot", to=(APPROVERS,), reason=reason, plan_id=plan_id, rung=RUNGS - 1
    )


class _CaughtUp:
    """What Slack says in the end of the incidents that moved without it."""

    def __init__(self, names: Sequence[str], since: float) -> None:
        """`since`: Unix seconds from which on Slack took messages again."""
        self._names = names
        self._since = since

    def rule(self, seen: Evidence) -> str | None:
        for number, name in enumerate(self._names):
            there = [m for m in seen.messages if place(m)[0] == name]
            slots = [place(m)[1] for m in sorted(there, key=lambda m: m.ts)]
            wanted = _WANTED[number % len(_WANTED)]
            # `escalation:1:U0…` tells one person directly, outside the thread.
            direct = [slot for slot in slots if slot.count(":") > 1]
            stale = [slot for slot in direct if slot.rpartition(":")[0] not in wanted]
            if stale or [slot for slot in slots if slot not in direct] != wanted:
                return f"{name} has {slots!r} in Slack, and not {wanted!r}"
        late = [c for c in seen.calls if c.at >= self._since and ids.APPROVE in str(c.body)]
        return f"{len(late)} approvals were shown as live that had ended" if late else None


def _real_effects(first: str) -> Rule:
    """Those that were told again never reached the company, so they explain nothing."""
    return lambda seen: allowed(replace(seen, decisions={first: seen.decisions[first]}))


OUTAGE = Drill(
    "slack:hour",
    "an hour without Slack, and twenty incidents in it",
    (4, 12),
    an_hour,
    rules=(an_end, once, messages, whole_trail),
)
