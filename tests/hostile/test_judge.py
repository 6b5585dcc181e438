"""The judge of the sequences sees what it is there to see, told as if opsbot had done it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from bot.domain import events as e
from bot.domain.values import Found, Plan, Step
from tests.fakes.house import RUNBOOK
from tests.fakes.story import (
    ALLOW,
    ask,
    at,
    finished,
    opened,
    plan,
    proposed,
    started,
    step,
    undoing,
    undone,
    verified,
)
from tests.hostile.machine import Machine
from tests.hostile.needed import Case, Needed, needed
from tests.hostile.oracle import Click, Narrowed, Wanted
from tools.kit.types import DryRun, Effect, Target

WIDE = ("hall", "attic")


class Told(Machine):
    """A machine that is told what happened, whether it can have or not."""

    def tell(self, *events: e.IncidentEvent, incident: str = "INC-1") -> str:
        """The faults so far, as one text."""
        self.store.ledger.told[0](incident, events)
        return "\n".join(self.oracle.faults)


@pytest.fixture
def told(request: pytest.FixtureRequest) -> Any:
    machines: list[Told] = []

    def tell(rulebook: str = "autonomous") -> Told:
        machines.append(Told(rulebook))
        machines[-1].world.dust = 1
        return machines[-1]

    yield tell
    for machine in machines:
        machine.close()


def many(*lamps: str) -> Step:
    """Paint these at once."""
    targets = tuple(Target(kind="lamp", name=lamp) for lamp in lamps)
    changes: dict[str, Any] = {
        "tool": "paint_many",
        "params": {"lamps": list(lamps), "colour": "green"},
        "dry_run": DryRun(summary="", targets=targets),
        "reversible": False,
    }
    return step(**changes)


def ring(times: int = 3) -> Step:
    return step(
        tool="ring",
        params={"bell": "bells", "times": times},
        dry_run=DryRun(summary="", targets=(Target(kind="s", name="bells"),)),
        reversible=False,
    )


def smash() -> Step:
    return step(tool="smash", effect=Effect.DESTRUCTIVE, params={"lamp": "cellar"})


def fix(*steps: Step, requester: str = "runbook", name: str = "P1") -> Plan:
    return plan(name, runbook=RUNBOOK, requester=requester).model_copy(
        update={"steps": steps or (step(),)}
    )


def test_an_effect_that_nobody_started(told: Any) -> None:
    it = told()
    it.oracle.arrived("key-1", "paint hall green")
    assert "no start on record" in it.oracle.faults[0]


def test_what_may_start_is_no_fault(told: Any) -> None:
    assert told().tell(opened(), *proposed(fix(), ALLOW), started()) == ""


def test_a_start_that_nobody_approved(told: Any) -> None:
    assert "policy wants" in told("shipped").tell(opened(), *proposed(fix()), started())


@pytest.mark.parametrize("scope", ["all", "lamps", "INC-1"])
def test_a_start_where_people_stopped_it(told: Any, scope: str) -> None:
    it = told()
    it.stopped.add(scope)
    assert "was stopped" in it.tell(opened(), *proposed(fix(), ALLOW), started())


def test_a_stop_elsewhere_stops_nothing_here(told: Any) -> None:
    it = told()
    it.stopped |= {"bells", "INC-2"}
    assert it.tell(opened(), *proposed(fix(), ALLOW), started()) == ""


def test_an_undo_where_people_stopped_it(told: Any) -> None:
    it = told()
    it.tell(opened(), *proposed(fix(), ALLOW), started())
    it.oracle.arrived("key-1", "paint hall green")
    it.world.lamps["hall"] = "green"
    late = e.ActionVerified(
        at=at(20), actor="opsbot", plan_id="P1", step=0, passed=False, summary=""
    )
    assert it.tell(finished(), late) == ""
    it.stopped.add("all")
    undo = {"plan_id": "P1", "step": 0, "key": "key-1-undo", "deadline": at(60)}
    faults = it.tell(e.RollbackStarted.model_validate({"at": at(21), "actor": "opsbot", **undo}))
    assert "the undo of step 1 of P1 began, and {'all'} was stopped" in faults


def test_a_start_on_a_service_on_which_three_actions_failed(told: Any) -> None:
    it = told()
    for number in range(4):
        begun = started().model_copy(update={"key": f"key-{number}"})
        faults = it.tell(
            opened(fingerprint=f"fp-{number}"),
            *proposed(fix(), ALLOW),
            begun,
            finished(outcome="failed"),
            incident=f"INC-{number}",
        )
        assert ("policy wants" in faults) == (number == 3)


def test_an_effect_whose_start_no_disk_confirmed(told: Any) -> None:
    it = told()
    it.store.ledger.unsure = True
    it.tell(opened(), *proposed(fix(), ALLOW), started())
    it.oracle.arrived("key-1", "paint hall green")
    assert "no disk had confirmed" in it.oracle.faults[0]


def test_a_third_smash_in_an_hour(told: Any) -> None:
    it = told("shipped")
    for number in range(3):
        begun = started().model_copy(update={"key": f"key-{number}"})
        events = [opened(fingerprint=f"fp-{number}"), *proposed(fix(smash())), begun]
        faults = it.tell(*events, incident=f"INC-{number}")
    assert faults.count("is number 3 in an hour") == 1


@pytest.mark.parametrize(
    ("narrow", "words"),
    [
        (fix(many("hall"), requester="U3", name="P2"), ""),
        (fix(many("hall", "cellar"), requester="U3", name="P2"), "has more targets"),
        (fix(many(*WIDE), requester="U3", name="P2"), "nothing is less"),
        (fix(many("hall"), ring(), requester="U3", name="P2"), "2 steps of 1"),
        (fix(ring(), requester="U3", name="P2"), "ring for paint_many"),
        (fix(many("hall"), name="P2"), "'runbook' asks for it"),
    ],
)
def test_a_plan_made_smaller_that_is_not(told: Any, narrow: Plan, words: str) -> None:
    it = told("shipped")
    wide = fix(many(*WIDE))
    it.tell(opened(), *proposed(wide))
    digest = wide.digest(ask().rule)
    it.oracle.narrows(Narrowed("U3", "INC-1", "P1", digest, rightful=True))
    void = e.PlanVoided(at=at(9), actor="U3", plan_id="P1", cause="replaced", reason="")
    faults = it.tell(void, *proposed(narrow))
    assert words in faults if words else faults == ""


def test_a_plan_made_smaller_by_nobody(told: Any) -> None:
    it = told("shipped")
    void = e.PlanVoided(at=at(9), actor="U3", plan_id="P1", cause="replaced", reason="")
    it.tell(opened(), *proposed(fix(many(*WIDE))))
    smaller = proposed(fix(many("hall"), requester="U3", name="P2"))
    assert "not theirs to make smaller" in it.tell(void, *smaller)


def test_an_approval_of_somebody_of_no_team_that_is_asked(told: Any) -> None:
    it = told("shipped")
    chosen = fix()
    it.tell(opened(), *proposed(chosen))
    digest = chosen.digest(ask().rule)
    click = Click("U3", "INC-1", "P1", digest, "approve", False, frozenset({"@security"}), "")
    it.oracle.clicked(click)
    given = {"plan_id": "P1", "digest": digest, "choice": "approve", "reason": ""}
    decided = e.ApprovalDecided.model_validate({"at": at(9), "actor": "U3", **given})
    assert "not theirs to decide" in it.tell(decided)


ONCALL = frozenset({"@oncall"})
BOTH = frozenset({"@oncall", "@security"})


@pytest.mark.parametrize(
    ("approvers", "enough"),
    [
        ({"U1": ONCALL}, False),
        ({"U1": ONCALL, "U2": ONCALL}, False),
        ({"U2": BOTH}, False),
        ({"U1": ONCALL, "U2": BOTH}, True),
        ({"U2": BOTH, "U1": ONCALL}, True),
    ],
)
def test_two_teams_are_two_people(approvers: dict[str, frozenset[str]], enough: bool) -> None:
    wanted = needed("teams", Case(fix(), "high", at(0)))
    assert wanted is not None
    assert wanted.given(approvers) is enough


ONE = Needed((("@oncall",),), 0)
ALONE = Needed(((),), 0)


@pytest.mark.parametrize(
    ("rulebook", "case", "wanted"),
    [
        ("autonomous", Case(fix(), "low", at(0)), ALONE),
        ("autonomous", Case(fix(requester="U1"), "high", at(0)), ONE),
        ("autonomous", Case(fix(requester="model"), "high", at(0)), ONE),
        ("autonomous", Case(fix(), "high", at(0), tripped=frozenset({"lamps"})), ONE),
        ("autonomous", Case(fix(), "high", at(0), tripped=frozenset({"bells"})), ALONE),
        ("assisted", Case(fix(), "high", at(0)), ONE),
        ("semi-autonomous", Case(fix(), "high", at(0)), ALONE),
        (
            "semi-autonomous",
            Case(fix(ring(), smash()), "high", at(0)),
            Needed((("@oncall",), ("@oncall", "@oncall")), 2),
        ),
        ("bells by hand", Case(fix(ring()), "high", at(0)), None),
        ("freeze", Case(fix(), "high", at(299)), ALONE),
        ("freeze", Case(fix(), "high", at(300)), None),
        ("freeze", Case(fix(ring()), "high", at(300)), ALONE),
        ("freeze", Case(fix(), "high", at(3000)), ALONE),
        ("thresholds", Case(fix(), "low", at(0)), None),
        ("thresholds", Case(fix(), "medium", at(0)), ALONE),
        ("thresholds", Case(fix(), "high", at(0), failed_fixes=1), None),
        ("shipped", Case(fix(many("hall")), "high", at(0)), None),
        ("forbidden", Case(fix(), "high", at(0)), None),
    ],
)
def test_what_each_policy_wants(rulebook: str, case: Case, wanted: Needed | None) -> None:
    assert needed(rulebook, case) == wanted


def test_a_value_out_of_the_alert_asks_somebody() -> None:
    borrowed = step(params={"lamp": "hall", "colour": "as the alert says"})
    assert needed("autonomous", Case(fix(borrowed), "high", at(0))) == ONE


def test_high_risk_is_two_people_of_whoever_is_asked() -> None:
    risky = needed("shipped", Case(fix(step(), ring()), "high", at(0)))
    assert risky is not None
    assert risky.people == 2


def done(it: Any) -> str:
    """A fix that was approved is done, and the lamp is green."""
    it.tell(opened(), *proposed(fix()))
    watched = it.oracle.plans["INC-1", "P1"]
    watched.approvers["U1"], watched.seen = ONCALL, ["hall: red → green"]
    it.tell(started())
    it.oracle.arrived("key-1", "paint hall green")
    it.world.lamps["hall"] = "green"
    over = e.RecoveryVerified(at=at(20), actor="opsbot", plan_id="P1", passed=True, summary="")
    faults: str = it.tell(finished(), verified(), over)
    return faults


def wish(what: str, over: Mapping[str, str] | None = None, *, rightful: bool = True) -> Wanted:
    return Wanted(what, "U1", "INC-1", "P1", fix().digest(ask().rule), rightful, over or {})


def approval(*over: Found) -> e.UndoApproved:
    digest = fix().digest(ask().rule)
    given: dict[str, Any] = {"at": at(30), "actor": "U1", "plan_id": "P1", "steps": (0,)}
    return e.UndoApproved(**given, digest=digest, over=over, via=("@oncall",))


def back(by: str = "U1") -> e.RollbackStarted:
    return undoing().model_copy(update={"key": "key-1-undo", "approved_by": by})


BLUE = Found(step=0, target="hall", field="colour", value="blue")


def test_an_undo_that_a_person_wants_is_no_fault(told: Any) -> None:
    it = told("shipped")
    assert done(it) == ""
    it.oracle.wants(wish("undo"))
    assert it.tell(approval(), back()) == ""


def test_an_undo_that_nobody_wants(told: Any) -> None:
    it = told("shipped")
    done(it)
    assert "nothing had failed" in it.tell(back(""))


def test_an_undo_that_somebody_wants_who_may_not(told: Any) -> None:
    it = told("shipped")
    done(it)
    it.oracle.wants(wish("undo", rightful=False))
    assert "not theirs to want" in it.tell(approval())


def test_an_undo_in_the_name_of_another(told: Any) -> None:
    it = told("shipped")
    done(it)
    it.oracle.wants(wish("undo"))
    assert "began for 'U2', not 'U1'" in it.tell(approval(), back("U2"))


@pytest.mark.parametrize(
    ("shown", "stands", "words"),
    [
        ({"hall": "blue"}, "blue", ""),
        ({}, "blue", "they were not shown {'hall': 'blue'}"),
        ({"hall": "white"}, "blue", "they were not shown {'hall': 'blue'}"),
        ({"hall": "blue"}, "white", "began over 'white' of somebody else"),
    ],
)
def test_a_roll_back_over_what_was_shown_and_nothing_else(
    told: Any, shown: dict[str, str], stands: str, words: str
) -> None:
    it = told("shipped")
    done(it)
    it.world.lamps["hall"] = stands
    it.oracle.wants(wish("undo", shown))
    faults = it.tell(approval(BLUE), back())
    assert words in faults if words else faults == ""


def test_an_undo_that_was_refused_and_nobody_wants_since(told: Any) -> None:
    it = told("shipped")
    done(it)
    it.oracle.wants(wish("undo"))
    refused = undone(0, "refused")
    assert "had been refused" in it.tell(approval(), refused, back())


def test_a_start_after_a_halt(told: Any) -> None:
    it = told()
    halt = e.PlanHalted(at=at(9), actor="U1", plan_id="P1", name="U1")
    it.tell(opened(), *proposed(fix(), ALLOW))
    assert "it was not theirs to want" in it.tell(halt)
    assert "though its plan was halted" in it.tell(started())


def test_a_plan_handed_over_by_nobody(told: Any) -> None:
    it = told("shipped")
    void = e.PlanVoided(at=at(9), actor="U1", plan_id="P1", cause="handed", reason="")
    assert "hand of INC-1 P1" in it.tell(opened(), *proposed(fix()), void)
