"""A person makes a plan smaller before it is approved; somebody else approves that."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.domain.incident import Incident
from bot.domain.plan_state import PlanStatus
from bot.domain.refusals import CommandRefusedError, OwnRequestError, PlanChangedError
from bot.domain.values import Intended
from bot.incidents.narrowing import Edit, NotSmallerError
from tests.fakes.house import ALLOWING, House, draft, rules
from tests.fakes.story import alert
from tests.fakes.tools import Brighten, CreateTicket, Look, PaintLamp, UpdateTicket, World

TOOLS = (Look, PaintLamp, Brighten, CreateTicket, UpdateTicket)
PARAMS = {"lamps": ["hall", "attic", "cellar"], "level": 80}


@pytest.fixture
async def lit(redis: Redis) -> House:
    """A plan waits that turns three lamps up, then paints one."""
    house = House(redis, tools=TOOLS)
    house.brain.plan = both()
    await house.asked()
    return house


def both() -> Any:
    paint = Intended(tool="paint", params={"lamp": "hall", "colour": "green"}, cites="red-lamp#2")
    bright = Intended(tool="brighten", params=PARAMS, cites="red-lamp#1")
    return draft(steps=(bright, paint))


async def narrow(house: House, user: str = "U3", **edit: Any) -> Incident:
    fix = await house.fix()
    given = Edit.model_validate(edit)
    return await house.narrowing.narrow("INC-1", fix.plan.id, fix.digest, given, user)


async def test_fewer_steps_fewer_targets_and_a_smaller_value_are_a_new_plan(lit: House) -> None:
    wide = await lit.fix()
    incident = await narrow(lit, steps=1, params={0: {"lamps": ["attic"], "level": 40}})
    fix = incident.plans["P2"]
    assert (fix.status, fix.plan.requester) == (PlanStatus.AWAITING, "U3")
    assert fix.plan.prompted_by == ()
    assert fix.plan.steps[0].params == {"lamps": ["attic"], "level": 40, "hue": "warm"}
    assert [change.after for change in fix.plan.steps[0].dry_run.changes] == [40]
    assert fix.digest != wide.digest
    void = incident.plans["P1"].void
    assert void is not None
    assert void.reason == f"replaced by plan {fix.digest[:4]} (edited by U3)"
    await lit.decide()
    await lit.work()
    assert [what for _, what in lit.world.effects if "turn" in what] == ["turn attic to 40"]
    assert lit.world.painted == []


async def test_what_came_from_outside_stays_marked_as_that(redis: Redis) -> None:
    house = House(redis, tools=TOOLS)
    plan = both()
    marked = tuple(step.model_copy(update={"tainted": True}) for step in plan.steps)
    house.brain.plan = plan.model_copy(update={"steps": marked})
    await house.asked()
    incident = await narrow(house, params={0: {"level": 40}})
    assert [step.tainted for step in incident.plans["P2"].plan.steps] == [True, True]


async def test_what_may_shrink_is_told_to_full_members_while_the_plan_waits(lit: House) -> None:
    fix = await lit.fix()
    offer = await lit.narrowing.consider("INC-1", "P1", fix.digest, "U3")
    assert [(each.step, each.name) for each in offer.leeways] == [(0, "lamps"), (0, "level")]
    with pytest.raises(CommandRefusedError, match="only full members"):
        await lit.narrowing.consider("INC-1", "P1", fix.digest, "G1")
    await narrow(lit, steps=1)
    with pytest.raises(PlanChangedError, match="replaced by plan"):
        await lit.narrowing.consider("INC-1", "P1", fix.digest, "U3")


async def test_a_plan_in_which_nothing_may_shrink_is_said_to_be_that(redis: Redis) -> None:
    house = House(redis, tools=TOOLS)
    await house.asked()
    fix = await house.fix()
    with pytest.raises(CommandRefusedError, match="nothing of plan 'P1' can be made smaller"):
        await house.narrowing.consider("INC-1", "P1", fix.digest, "U3")


async def test_the_old_plan_can_no_longer_be_approved(lit: House) -> None:
    wide = await lit.fix()
    await narrow(lit, steps=1)
    with pytest.raises(PlanChangedError, match="replaced by plan"):
        await lit.decide(plan_id="P1", digest=wide.digest)


@pytest.mark.invariant(14)
async def test_whoever_made_it_smaller_cannot_approve_it(lit: House) -> None:
    await narrow(lit, "U1", steps=1)
    with pytest.raises(OwnRequestError):
        await lit.decide(user="U1")
    await lit.decide(user="U2")
    assert (await lit.fix()).status is PlanStatus.READY


@pytest.mark.parametrize("user", ["G1", "B1", "U9"])
async def test_only_full_members_may(lit: House, user: str) -> None:
    with pytest.raises(CommandRefusedError, match="only full members"):
        await narrow(lit, user, steps=1)
    assert (await lit.fix()).plan.id == "P1"


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ({}, "nothing of it is smaller"),
        ({"steps": 0}, "of which 0 can't be kept"),
        ({"steps": 3}, "of which 3 can't be kept"),
        ({"steps": -1}, "of which -1 can't be kept"),
        ({"steps": 1, "params": {1: {"colour": "blue"}}}, "there is no step 2"),
        ({"params": {0: {"level": 81}}}, "level may only be less than 80"),
        ({"params": {0: {"hue": "cold"}}}, "hue can't be changed"),
        ({"params": {1: {"colour": "blue"}}}, "step 2: colour can't be changed"),
        ({"params": {0: {"volume": 1}}}, "that is not possible: brighten: volume"),
        ({"params": {0: {"level": 10}}}, "hall.level would become 10"),
    ],
)
async def test_anything_else_is_refused_with_what_may_be_changed(
    lit: House, edit: dict[str, Any], words: str
) -> None:
    with pytest.raises(NotSmallerError) as refused:
        await narrow(lit, **edit)
    assert words in str(refused.value)
    assert str(refused.value).endswith(
        "What may be changed: fewer steps, the last first; step 1: fewer lamps, less level"
    )
    fix = await lit.fix()
    assert (fix.plan.id, fix.status) == ("P1", PlanStatus.AWAITING)


@pytest.mark.invariant(17)
async def test_no_targets_at_all_are_refused(lit: House) -> None:
    with pytest.raises(NotSmallerError, match="lamps may only hold some of what it held"):
        await narrow(lit, params={0: {"lamps": []}})
    assert (await lit.fix()).plan.id == "P1"


async def test_a_plan_that_is_not_there_is_not_made_smaller(lit: House) -> None:
    with pytest.raises(CommandRefusedError, match="INC-1 has no plan 'P7'"):
        await lit.narrowing.narrow("INC-1", "P7", "0" * 64, Edit(steps=1), "U3")


async def test_a_world_in_which_less_would_change_now_makes_nothing_smaller(lit: House) -> None:
    lit.world.lamps["hall"] = "green"
    with pytest.raises(NotSmallerError, match="nothing of it is smaller"):
        await narrow(lit)
    assert (await lit.fix()).plan.id == "P1"


async def test_a_world_that_moved_since_it_was_shown_asks_for_a_new_plan(lit: House) -> None:
    lit.world.level = 30
    with pytest.raises(NotSmallerError, match="level is 30 now, was 20"):
        await narrow(lit, steps=1)


async def test_a_guard_that_no_longer_holds_refuses(lit: House) -> None:
    lit.world.dust = 50
    with pytest.raises(NotSmallerError, match="dust: 50 g"):
        await narrow(lit, steps=1)


async def test_of_two_edits_at_once_one_counts(lit: House) -> None:
    fix = await lit.fix()
    edits = (Edit(steps=1), Edit(params={0: {"level": 40}}))
    answers = await asyncio.gather(
        *(
            lit.narrowing.narrow("INC-1", "P1", fix.digest, edit, user)
            for edit, user in zip(edits, ("U1", "U3"), strict=True)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, Incident) for answer in answers) == 1
    assert set((await lit.incident()).plans) - {"books-open"} == {"P1", "P2"}


async def test_a_person_s_plan_never_runs_by_itself(redis: Redis) -> None:
    """Not even where policy would let the runbook's own run: it drifts, and is made anew."""
    asking = {**ALLOWING[0], "then": "ask"}
    first = House(redis, tools=TOOLS, policy=rules(asking))
    first.brain.plan = both()
    await first.asked()
    await narrow(first, steps=1)
    second = House(
        redis, world=first.world, clock=first.clock, tools=TOOLS, policy=rules(*ALLOWING)
    )
    await second.decide()
    second.world.level = 30
    await second.later(16)
    fix = await second.fix()
    assert (fix.plan.id, fix.plan.requester) == ("P3", "U3")
    assert fix.status is PlanStatus.AWAITING
    assert [what for _, what in first.world.effects if "turn" in what] == []


async def test_the_same_rule_lets_the_runbooks_own_run(redis: Redis) -> None:
    house = House(redis, world=World(), tools=TOOLS, policy=rules(*ALLOWING))
    house.brain.plan = both()
    await house.receive(alert())
    await house.work()
    assert "turn hall to 80" in [what for _, what in house.world.effects]


async def test_what_policy_forbids_of_the_smaller_plan_leaves_the_old_one_waiting(
    redis: Redis,
) -> None:
    few = {"id": "few", "tools": ["brighten"], "max_targets": 1, "then": "deny"}
    house = House(redis, tools=TOOLS, policy=rules(few))
    house.brain.plan = both()
    await house.asked()
    with pytest.raises(CommandRefusedError, match="policy says deny to that"):
        await narrow(house, params={0: {"lamps": ["hall"]}})
    assert (await house.fix()).status is PlanStatus.AWAITING


async def test_policy_hears_of_the_smaller_plan_how_sure_its_diagnosis_is(redis: Redis) -> None:
    sure = {"id": "sure", "effects": ["write"], "min_confidence": "high", "then": "ask"}
    unsure = {"id": "unsure", "effects": ["write"], "then": "deny", "reason": "not sure enough"}
    house = House(redis, tools=TOOLS, policy=rules(sure, unsure))
    house.brain.plan = both()
    await house.asked()
    assert (await narrow(house, steps=1)).plans["P2"].verdict.rule == "sure"


async def test_a_smaller_plan_keeps_its_taint_and_is_no_longer_its_whole_runbook(
    redis: Redis,
) -> None:
    house = House(redis, tools=TOOLS)
    plan = both()
    tainted = tuple(step.model_copy(update={"tainted": True}) for step in plan.steps)
    house.brain.plan = plan.model_copy(update={"steps": tainted})
    await house.asked()
    smaller = (await narrow(house, params={0: {"level": 40}})).plans["P2"].plan
    assert ([step.tainted for step in smaller.steps], smaller.partial) == ([True, True], False)
    shorter = (await narrow(house, "U2", steps=1)).plans["P3"].plan
    assert ([step.tainted for step in shorter.steps], shorter.partial) == ([True], True)
    dimmer = (await narrow(house, params={0: {"level": 30}})).plans["P4"].plan
    assert ([step.tainted for step in dimmer.steps], dimmer.partial) == ([True], True)


async def test_who_prompted_the_wider_plan_does_not_approve_the_smaller_one(redis: Redis) -> None:
    house = House(redis, tools=TOOLS)
    house.brain.plan = both().model_copy(update={"requester": "U1"})
    await house.asked()
    incident = await narrow(house, params={0: {"level": 40}})
    assert incident.plans["P2"].plan.prompters == {"U3", "U1"}
    with pytest.raises(OwnRequestError):
        await house.decide(user="U1")
    await house.decide(user="U2")
