"""Which approvals wait for a person, and which for others alone."""

from __future__ import annotations

from bot.domain.values import COMMANDER, ApprovalGroup, Ask
from bot.incidents.deciding import waiting, wanted
from tests.fakes.story import EXPIRES, ask, at, decided, opened, plan, proposed, told

TEAM = frozenset({"@oncall"})
BOTH = Ask(
    rule="change",
    approvals=2,
    approvers=("@oncall", "@security"),
    groups=(ApprovalGroup(approvers=("@oncall",)), ApprovalGroup(approvers=("@security",))),
    expires_seconds=EXPIRES,
)
SPOKEN = decided(by="U2").model_copy(update={"via": ("@oncall",)})


def test_a_team_whose_part_is_given_is_not_waited_for() -> None:
    given = told(opened(), *proposed(verdict=BOTH), SPOKEN)
    [waits] = waiting("U1", TEAM, [given], at(20))
    assert not waits.mine
    [waits] = waiting("U1", frozenset({"@security"}), [given], at(20))
    assert waits.mine
    assert wanted([given], at(20)) == {"@security"}


def test_what_another_incident_asks_of_my_team_is_not_what_this_one_asks() -> None:
    given = told(opened(), *proposed(verdict=BOTH), SPOKEN)
    waits = told(opened(), *proposed())
    found = waiting("U1", TEAM, [given, waits], at(20))
    assert [(each.incident, each.mine) for each in found] == [(waits, True), (given, False)]


def test_behind_the_word_commander_nobody_is_looked_up() -> None:
    asks = ask().model_copy(update={"approvers": (COMMANDER, "@oncall")})
    assert wanted([told(opened(), *proposed(verdict=asks))], at(20)) == TEAM


def test_who_asked_for_it_is_told_so_and_is_waited_for_all_the_same() -> None:
    mine = told(opened(), *proposed(plan(requester="U1")))
    [waits] = waiting("U1", TEAM, [mine], at(20))
    assert (waits.mine, waits.own) == (True, True)


def test_what_has_expired_waits_for_nobody() -> None:
    waits = told(opened(), *proposed())
    asked = waits.plans["P1"].expires_at
    assert asked
    last = (asked - at(0)).total_seconds()
    assert waiting("U1", TEAM, [waits], at(last - 1))
    assert not waiting("U1", TEAM, [waits], at(last))
