"""Whether enough of the right people approved. Pure.

Each place of each group is filled by another person: somebody on two teams speaks for one of them.
Who speaks for which is found by augmenting paths (Kuhn's matching), so that it doesn't depend on
the order of the clicks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.values import ApprovalGroup, Ask, Decision


def missing(ask: Ask, decisions: Sequence[Decision]) -> tuple[ApprovalGroup, ...]:
    """Whose approval is still needed, and how often; empty: it is approved."""
    people = {
        d.by: frozenset(at for at, group in enumerate(ask.needs) if _belongs(d, group, ask))
        for d in decisions
        if d.choice == "approve"
    }
    seats = [at for at, group in enumerate(ask.needs) for _ in range(group.count)]
    taken = _seated(people, seats)
    empty = [seats[seat] for seat in range(len(seats)) if seat not in taken]
    if empty:
        return tuple(
            group.model_copy(update={"count": empty.count(at)})
            for at, group in enumerate(ask.needs)
            if at in empty
        )
    more = ask.approvals - sum(bool(groups) for groups in people.values())
    return (ApprovalGroup(approvers=ask.approvers, count=more),) if more > 0 else ()


def told(groups: Sequence[ApprovalGroup]) -> str:
    """`1 of @platform-oncall and 1 of @security`."""
    return " and ".join(f"{group.count} of {' or '.join(group.approvers)}" for group in groups)


def _belongs(decision: Decision, group: ApprovalGroup, ask: Ask) -> bool:
    """Whether the person was in that group at the click. A decision of a release that didn't record
    that counts where there is one group alone, as it did then."""
    if not decision.via:
        return not ask.groups
    return not set(decision.via).isdisjoint(group.approvers)


def _seated(people: Mapping[str, frozenset[int]], seats: Sequence[int]) -> dict[int, str]:
    """As many seats as can be taken, each by another person: seat → person."""
    taken: dict[int, str] = {}

    def seat(person: str, tried: set[int]) -> bool:
        for at, group in enumerate(seats):
            if group in people[person] and at not in tried:
                tried.add(at)
                if at not in taken or seat(taken[at], tried):
                    taken[at] = person
                    return True
        return False

    for person in people:
        seat(person, set())
    return taken
