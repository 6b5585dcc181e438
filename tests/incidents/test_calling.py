"""Somebody is always called: the next in line where nobody reacts, until somebody does."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis.asyncio import Redis

from bot.domain.incident import Call
from bot.domain.refusals import CommandRefusedError
from bot.domain.values import Diagnosis
from bot.incidents.calling import Calling, Takeover
from bot.policy.inventory import Inventory
from tests.fakes.bureau import Bureau, bell_alert
from tests.fakes.house import House
from tests.fakes.story import alert

OWNED = Inventory.model_validate(
    {"services": {"lamps": {"environment": "production", "owners": ["@electricians"]}}}
)
FIVE_MINUTES = 300.0


@pytest.fixture
async def called(house: House) -> House:
    """INC-1 has no plan, so @oncall was called; approvers and owners stand behind."""
    calling = Calling(house.incidents, ("@approvers",), OWNED)
    house.jobs._table["call_again"] = calling.call_again
    house.brain.plan = None
    house.brain.diagnosis = Diagnosis(by="sweep")
    await house.receive(alert())
    await house.work()
    await house.later(11)
    return house


async def calls(house: House) -> tuple[Call, ...]:
    return (await house.incident()).calls


async def whom(house: House) -> list[tuple[str, ...]]:
    return [call.to for call in await calls(house)]


async def test_where_nobody_reacts_the_next_in_line_is_called(called: House) -> None:
    assert await whom(called) == [("@oncall",)]
    await called.later(FIVE_MINUTES - 1)
    assert await whom(called) == [("@oncall",)]
    await called.later(1)
    assert await whom(called) == [("@oncall",), ("@approvers",)]
    second = (await calls(called))[1]
    assert second.reason == "nobody reacted for 5 min: the cause is not known"
    assert second.then == ("@electricians",)
    await called.later(FIVE_MINUTES)
    third = (await calls(called))[2]
    assert (third.to, third.then) == (("@electricians",), ())
    assert third.reason == "nobody reacted for 10 min: the cause is not known"


async def test_after_three_calls_it_is_quiet(called: House) -> None:
    for _ in range(12):
        await called.later(FIVE_MINUTES)
    assert len(await calls(called)) == 3


@pytest.mark.parametrize("after", [1, 2])
async def test_whoever_takes_it_stops_the_calls(called: House, after: int) -> None:
    for _ in range(after - 1):
        await called.later(FIVE_MINUTES)
    await Takeover(called.incidents, called.people).take("INC-1", "U2")
    assert (await called.incident()).taken_by == "U2"
    await called.later(3600)
    assert len(await calls(called)) == after


@pytest.mark.parametrize("user", ["G1", "B1"])
async def test_a_guest_or_a_bot_takes_nothing(called: House, user: str) -> None:
    with pytest.raises(CommandRefusedError, match="only full members"):
        await Takeover(called.incidents, called.people).take("INC-1", user)
    await called.later(FIVE_MINUTES)
    assert len(await calls(called)) == 2


async def test_what_is_over_can_not_be_taken(called: House) -> None:
    await called.receive(alert(status="resolved"))
    with pytest.raises(CommandRefusedError, match="resolved already"):
        await Takeover(called.incidents, called.people).take("INC-1", "U2")


async def test_when_it_is_over_nobody_else_is_called(called: House) -> None:
    await called.receive(alert(status="resolved"))
    await called.later(3600)
    assert len(await calls(called)) == 1


async def test_no_restart_and_no_lost_queue_loses_the_next_call(called: House) -> None:
    called.queue.items.clear()
    restarted = House(called.redis, world=called.world, clock=called.clock)
    await restarted.later(FIVE_MINUTES)
    assert len(await calls(restarted)) == 2


async def test_an_approval_nobody_decides_calls_whoever_is_on_call(house: House) -> None:
    await house.asked()
    await house.later(FIVE_MINUTES)
    [call] = await calls(house)
    expires = (await house.fix()).expires_at
    assert expires is not None
    assert call.to == ("@oncall",)
    assert call.reason == f"no decision for 5 min (expires {expires.astimezone():%H:%M})"
    await house.later(FIVE_MINUTES)
    assert (await calls(house))[1].reason.startswith("no decision for 10 min")


async def test_an_approval_that_expired_unheard_is_the_last_of_three_calls(house: House) -> None:
    await house.asked()
    for _ in range(10):
        await house.later(FIVE_MINUTES)
    reasons = [call.reason for call in await calls(house)]
    assert len(reasons) == 3
    assert reasons[-1] == "nobody decided in time, so nothing ran"


async def test_the_approval_can_still_be_given_after_the_calls(house: House) -> None:
    await house.asked()
    await house.later(2 * FIVE_MINUTES)
    await house.decide("approve")
    await house.later(1)
    assert len(await calls(house)) == 1
    assert house.world.lamps["hall"] == "green"


async def test_an_approval_that_somebody_minds_calls_nobody(house: House) -> None:
    await house.asked()
    await Takeover(house.incidents, house.people).take("INC-1", "U3")
    await house.later(2 * FIVE_MINUTES)
    assert await calls(house) == ()


async def test_a_first_of_two_approvals_starts_the_patience_anew(house: House) -> None:
    two = House(
        house.redis,
        policy=house.policy.model_copy(
            update={
                "rules": tuple(r.model_copy(update={"approvals": 2}) for r in house.policy.rules)
            }
        ),
    )
    await two.asked()
    await two.later(FIVE_MINUTES - 10)
    await two.decide("approve", "U1")
    await two.later(FIVE_MINUTES - 10)
    assert await calls(two) == ()
    await two.later(10)
    assert len(await calls(two)) == 1


async def test_with_one_group_alone_it_rings_again(house: House) -> None:
    house.brain.plan = None
    await house.receive(alert())
    await house.work()
    await house.later(11)
    await house.later(FIVE_MINUTES)
    assert await whom(house) == [("@oncall",), ("@oncall",)]


@pytest.mark.invariant(24)
async def test_with_no_model_and_no_runbook_a_person_is_called_within_a_minute(
    redis: Redis, tmp_path: Path
) -> None:
    bureau = Bureau(redis, tmp_path)
    began = bureau.clock()
    await bureau.receive(bell_alert())
    while not (await bureau.incident()).calls:
        await bureau.later(1)
        assert (bureau.clock() - began).total_seconds() < 60
    assert await whom(bureau) == [("@oncall",)]
