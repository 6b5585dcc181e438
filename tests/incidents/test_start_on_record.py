"""What the ledger says of a start: who let it, under which rule and policy, with which digest."""

from __future__ import annotations

import pytest

from bot.domain import events as e
from tests.fakes.house import ALLOWING, House, rules

NEW, NEWER = "11111111", "22222222"


async def start_of(house: House) -> e.ActionStarted:
    decisions = await house.ledger.decisions("INC-1")
    return next(d for d in decisions if isinstance(d, e.ActionStarted) and d.plan_id == "P1")


@pytest.mark.invariant(9)
async def test_an_approved_start_names_its_approver_rule_policy_and_digest(house: House) -> None:
    await house.approved()
    fix = await house.fix()
    await house.work()
    start = await start_of(house)
    assert (start.rule, start.digest, start.approved_by) == ("change", fix.digest, ("U1",))
    assert start.policy == house.policy.revision
    assert len(start.policy) == 8


@pytest.mark.invariant(9)
async def test_a_start_that_policy_allows_names_the_rule_and_nobody(house: House) -> None:
    alone = House(house.redis, policy=rules(*ALLOWING))
    await alone.asked()
    start = await start_of(alone)
    assert (start.rule, start.approved_by) == ("auto", ())
    assert start.digest == (await alone.fix()).digest


async def test_a_plan_names_the_policy_that_judged_it_a_start_the_one_of_its_own_moment(
    house: House,
) -> None:
    old = rules().model_copy(update={"revision": NEW})
    first = House(house.redis, policy=old)
    await first.approved()
    newer = House(
        house.redis,
        world=first.world,
        clock=first.clock,
        policy=old.model_copy(update={"revision": NEWER}),
    )
    await newer.later(16)
    assert (await newer.fix()).verdict.policy == NEW
    assert (await start_of(newer)).policy == NEWER
