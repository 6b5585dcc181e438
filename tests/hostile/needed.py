"""The judge's own reading of each policy, by hand: it calls nothing of the product."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import permutations
from typing import Any, Literal

from bot.domain.values import Plan, Step
from tests.hostile.brain import BORROWED, BORROWING, PLAYBOOK
from tests.hostile.rulebooks import FREEZE

Seats = tuple[str, ...]
"""A group for each person that has to agree; none: it runs by itself."""

SERVICES = {
    **dict.fromkeys(("hall", "attic", "cellar", "lamps"), "lamps"),
    "bells": "bells",
}
"""Every name that may be a target, and the service that it belongs to."""
_BOOKS = frozenset({"create_ticket", "update_ticket"})
_FINAL = frozenset({"ring", "paint_many"})
"""Writes that nothing puts back."""
_WRITES = frozenset({"paint", *_FINAL})
_ONE: Seats = ("@oncall",)
_TWO: Seats = ("@oncall", "@oncall")


def call(tool: str, params: Mapping[str, Any]) -> str:
    return json.dumps([tool, params], sort_keys=True)


_OWN = {call(step.tool, step.params): place for place, step in enumerate(PLAYBOOK.steps)}
"""The runbook's steps: call → place in it."""
_OWN_BORROWING = {
    call(step.tool, step.params): place
    for place, step in enumerate((BORROWED[0], *PLAYBOOK.steps[1:]))
}
"""Where one of them takes a value from the alert."""
_BORROWED = frozenset(call(step.tool, step.params) for step in BORROWED.values())


def own_steps(plan: Plan) -> dict[str, int]:
    """The steps of the runbook as it read in that plan's incident: call → place in it."""
    return _OWN_BORROWING if plan.runbook == BORROWING else _OWN


@dataclass(frozen=True)
class Case:
    """A plan at the moment in which one of its steps starts."""

    plan: Plan
    confidence: str
    now: datetime
    tripped: frozenset[str] = frozenset()
    """Services on which too much has failed."""
    failed_fixes: int = 0
    narrowed: Mapping[str, int] = field(default_factory=dict)
    """Calls that people made smaller: what they were made of stood there in the runbook."""
    asks: bool = False
    """A person had put a hand in before it was proposed."""


@dataclass(frozen=True)
class Needed:
    """What each step asks for, and how many people in all."""

    steps: tuple[Seats, ...]
    people: int

    def given(self, approvers: Mapping[str, frozenset[str]]) -> bool:
        """`approvers`: who approved, with the groups they were in at the click."""
        enough = len(approvers) >= self.people
        return enough and all(_seated(seats, approvers) for seats in self.steps)


def needed(rulebook: str, case: Case) -> Needed | None:
    """None: it must not run."""
    plan = case.plan
    if plan.purpose == "books":
        return Needed((), 0) if all(step.tool in _BOOKS for step in plan.steps) else None
    own = _own(case)
    asked = [_step(rulebook, case, step, mine) for step, mine in zip(plan.steps, own, strict=True)]
    known = [seats for seats in asked if seats is not None]
    if len(known) < len(asked):
        return None
    # Two people for a high risk; what a policy lets run by itself it lets run at any risk.
    people = 2 if any(known) and any(_risk(plan, step) == "high" for step in plan.steps) else 0
    return Needed(tuple(known), people)


def touched(step: Step) -> frozenset[str]:
    """The services of a step, of which each name must be known."""
    return frozenset(SERVICES[target.name] for target in step.dry_run.targets)


def _seated(seats: Seats, approvers: Mapping[str, frozenset[str]]) -> bool:
    """Whether each seat can be another person's."""
    return any(
        all(
            set(seat.split("|")) & approvers[person]
            for seat, person in zip(seats, people, strict=True)
        )
        for people in permutations(approvers, len(seats))
    )


def _own(case: Case) -> list[bool]:
    """Which steps are the runbook's; none where they stand in another order than there."""
    places = _places(case)
    known = [place for place in places if place is not None]
    in_order = known == sorted(set(known))
    return [in_order and place is not None for place in places]


def _places(case: Case) -> list[int | None]:
    calls = [call(step.tool, step.params) for step in case.plan.steps]
    own = own_steps(case.plan)
    return [own.get(each, case.narrowed.get(each)) for each in calls]


def _by_itself(case: Case) -> bool:
    """Only a committed runbook, all of it, that no person touched and no outside value got into."""
    plan = case.plan
    calls = [call(step.tool, step.params) for step in plan.steps]
    whole = plan.requester == "runbook" or len(plan.steps) == len(PLAYBOOK.steps)
    by_person = plan.requester not in ("runbook", "model", "opsbot") or plan.prompted_by
    return all(_own(case)) and whole and not by_person and _BORROWED.isdisjoint(calls)


def _step(rulebook: str, case: Case, step: Step, own: bool) -> Seats | None:
    targets = [target.name for target in step.dry_run.targets]
    if not targets or not SERVICES.keys() >= set(targets):
        return None
    services = touched(step)
    if _forbidden(rulebook, case, services):
        return None
    seats = _rule(rulebook, case, step, own)
    if seats is None or seats:
        return seats
    asks = (
        not own
        or case.asks
        or not _by_itself(case)
        or bool(services & case.tripped)
        or rulebook == "assisted"
        or (rulebook == "semi-autonomous" and _risk(case.plan, step) != "low")
    )
    return _ONE if asks else ()


def _forbidden(rulebook: str, case: Case, services: frozenset[str]) -> bool:
    match rulebook:
        case "bells by hand":
            return "bells" in services
        case "freeze":
            return "lamps" in services and FREEZE[0] <= case.now < FREEZE[1]
        case "thresholds":
            return case.confidence == "low" or case.failed_fixes > 0
        case _:
            return False


def _rule(rulebook: str, case: Case, step: Step, own: bool) -> Seats | None:
    """What the rules alone say."""
    if step.tool in _WRITES:
        match rulebook:
            case "forbidden":
                return None
            case "pairs":
                return _TWO
            case "teams":
                return ("@oncall", "@security")
            case "led":
                return ("@oncall|commander",)
            case "careful" if step.tool == "paint" and case.confidence == "high":
                return () if "bells" not in touched(step) else _shipped(step, own)
            case "shipped" | "careful":
                return _shipped(step, own)
            case _:
                return ()
    return _shipped(step, own)


def _shipped(step: Step, own: bool) -> Seats | None:
    if not own:
        return None
    return _TWO if step.tool == "smash" else _ONE if step.tool in _WRITES else None


def _risk(plan: Plan, step: Step) -> Literal["low", "medium", "high"]:
    """By the tables of the policy; here everything is of tier 3."""
    names = {target.name for each in plan.steps for target in each.dry_run.targets}
    spread = len(names) > 5 or len({SERVICES.get(name) for name in names}) > 1
    if step.tool == "smash":
        return "high"
    if spread:
        return "high" if step.tool in _FINAL else "medium"
    return "medium" if len(names) > 1 else "low"


def failed_lately(failed: Iterable[tuple[str, str, datetime]], now: datetime) -> Counter[str]:
    """How many actions failed or were put back in the last hour, service by service."""
    recent = {(service, key) for service, key, at in failed if (now - at).total_seconds() < 3600}
    return Counter(service for service, _ in recent)


def smaller(wide: Sequence[Step], narrow: Sequence[Step]) -> str:
    """Why one is no smaller version of the other; empty where it is."""
    if not 0 < len(narrow) <= len(wide):
        return f"{len(narrow)} steps of {len(wide)}"
    less = len(narrow) < len(wide)
    for was, now in zip(wide, narrow, strict=False):
        if was.tool != now.tool or was.cites != now.cites:
            return f"{now.tool} for {was.tool}"
        known = {target.name for target in was.dry_run.targets}
        if not known >= {target.name for target in now.dry_run.targets}:
            return f"{now.tool} has more targets"
        if was.params == now.params:
            continue
        less = True
        free = {"paint_many": "lamps", "ring": "times"}.get(was.tool, "")
        rest = [{k: v for k, v in p.items() if k != free} for p in (was.params, now.params)]
        if rest[0] != rest[1] or not _less(was.params[free], now.params[free]):
            return f"{now.params} for {was.params}"
    return "" if less else "nothing is less"


def _less(was: Any, now: Any) -> bool:
    if isinstance(was, int):
        return 0 <= int(now) < was
    return 0 < len(now) < len(was) and set(now) <= set(was)
