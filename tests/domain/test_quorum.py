"""Enough of the right people: each speaks for one group, in whatever order they clicked."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.plan_state import PlanStatus
from bot.domain.quorum import missing, told
from bot.domain.values import ApprovalGroup, Ask, Decision
from tests.fakes.commands import after, assert_refused, decision
from tests.fakes.story import START, diagnosed, opened, plan, proposed
from tests.fakes.story import told as incident_of


def group(*approvers: str, count: int = 1) -> ApprovalGroup:
    return ApprovalGroup(approvers=approvers, count=count)


def ask(*groups: ApprovalGroup, approvals: int | None = None, rule: str = "change") -> Ask:
    return Ask(
        rule=rule,
        approvals=approvals or sum(g.count for g in groups),
        approvers=tuple(dict.fromkeys(a for g in groups for a in g.approvers)),
        groups=groups if len(groups) > 1 else (),
        expires_seconds=900,
    )


def yes(by: str, *via: str) -> Decision:
    return Decision(choice="approve", by=by, at=START, via=via)


PLATFORM, SECURITY = group("@platform"), group("@security")
BOTH = ask(PLATFORM, SECURITY)


def test_each_group_has_to_agree() -> None:
    assert missing(BOTH, []) == (PLATFORM, SECURITY)
    assert missing(BOTH, [yes("U1", "@platform")]) == (SECURITY,)
    assert missing(BOTH, [yes("U1", "@platform"), yes("U2", "@platform")]) == (SECURITY,)
    assert missing(BOTH, [yes("U1", "@platform"), yes("U2", "@security")]) == ()


def test_somebody_on_both_teams_speaks_for_one_of_them() -> None:
    assert len(missing(BOTH, [yes("U1", "@platform", "@security")])) == 1


def test_the_order_of_the_clicks_does_not_matter() -> None:
    """Whoever is on both teams must not take the place of the one who is on one alone."""
    clicks = [yes("U1", "@platform", "@security"), yes("U2", "@platform"), yes("U3", "@security")]
    three = ask(group("@platform", count=2), SECURITY)
    for order in permutations(clicks):
        assert missing(three, order) == ()
    for order in permutations(clicks[:2]):
        assert missing(BOTH, order) == ()


def test_a_person_counts_once_however_often_they_are_recorded() -> None:
    twice = [yes("U1", "@platform"), yes("U1", "@platform")]
    assert missing(ask(group("@platform", count=2)), twice) == (PLATFORM,)
    assert missing(BOTH, [yes("U1", "@platform"), yes("U1", "@security")]) != ()


def test_a_rejection_is_no_approval() -> None:
    no = Decision(choice="reject", by="U1", at=START, via=("@platform",))
    assert missing(ask(PLATFORM), [no]) == (PLATFORM,)


def test_whoever_was_in_none_of_the_groups_does_not_count() -> None:
    assert missing(ask(PLATFORM), [yes("U1", "@elsewhere")]) == (PLATFORM,)


def test_more_people_than_the_groups_hold_may_be_needed() -> None:
    three = ask(PLATFORM, SECURITY, approvals=3)
    two = [yes("U1", "@platform"), yes("U2", "@security")]
    assert missing(three, two) == (group("@platform", "@security"),)
    assert missing(three, [*two, yes("U3", "@elsewhere")]) != ()
    assert missing(three, [*two, yes("U3", "@security")]) == ()


def test_an_answer_from_before_groups_were_recorded_counts_as_it_did() -> None:
    assert missing(ask(PLATFORM), [yes("U1")]) == ()
    assert missing(BOTH, [yes("U1"), yes("U2")]) == (PLATFORM, SECURITY)


def test_what_is_missing_is_told_in_words() -> None:
    words = "1 of @platform or U7 and 2 of @security"
    assert told([group("@platform", "U7"), group("@security", count=2)]) == words


TEAMS = ("@a", "@b", "@c")


@given(
    st.lists(st.tuples(st.sampled_from(TEAMS), st.integers(1, 2)), min_size=2, max_size=3),
    st.lists(st.sets(st.sampled_from(TEAMS), min_size=1), max_size=5),
)
def test_it_is_approved_exactly_when_the_people_can_be_shared_out(
    wanted: list[tuple[str, int]], people: list[set[str]]
) -> None:
    asked = ask(*(group(team, count=count) for team, count in wanted))
    seats = [team for team, count in wanted for _ in range(count)]
    possible = any(
        all(seat in one for seat, one in zip(seats, order, strict=True))
        for order in permutations(people, len(seats))
    )
    clicks = [yes(f"U{n}", *sorted(teams)) for n, teams in enumerate(people)]
    assert (missing(asked, clicks) == ()) is possible


class TestInAnIncident:
    WAITING = (opened(), diagnosed(), *proposed(verdict=BOTH))

    def test_it_is_ready_when_both_teams_agreed(self) -> None:
        first = after(incident_of(self.WAITING), decision(via=("@platform",)))
        assert first.plans["P1"].status is PlanStatus.AWAITING
        second = after(first, decision(actor="U2", via=("@platform",)))
        assert second.plans["P1"].status is PlanStatus.AWAITING
        third = after(second, decision(actor="U3", via=("@security",)))
        assert third.plans["P1"].status is PlanStatus.READY

    def test_the_same_person_can_not_answer_for_the_other_team(self) -> None:
        both = ("@platform", "@security")
        first = after(incident_of(self.WAITING), decision(via=both))
        assert_refused(first, decision(via=both), "already approved by U1")

    @pytest.mark.invariant(14)
    @pytest.mark.parametrize("via", [("@platform",), ("@platform", "@security")])
    def test_the_requester_counts_for_none(self, via: tuple[str, ...]) -> None:
        own = plan(requester="U1")
        waiting = incident_of(opened(), diagnosed(), proposed(own, BOTH))
        click = decision(digest=own.digest("change"), via=via)
        assert_refused(waiting, click, "can't approve it alone")
