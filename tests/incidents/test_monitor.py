"""What was started is watched until the world is right, or is not in time."""

from __future__ import annotations

from bot.domain.plan_state import StepStatus
from bot.domain.values import Status
from tests.fakes.house import House, draft


async def test_what_is_not_done_yet_is_looked_at_again_later(house: House) -> None:
    await house.approved()
    house.world.drying = True
    await house.work()
    assert (await house.fix()).steps[0].status is StepStatus.SUCCEEDED
    assert await house.ledger.due(house.clock(), 10) == []
    house.world.drying = False
    await house.later(61)
    assert (await house.incident()).status is Status.RESOLVED


async def test_a_quarter_of_an_hour_is_waited_for_whatever_restarts_meanwhile(
    house: House,
) -> None:
    await house.approved()
    house.world.drying = True
    await house.work()
    for _ in range(15):
        await House(house.redis, world=house.world, clock=house.clock).later(61)
    assert (await house.fix()).steps[0].status is StepStatus.SUCCEEDED
    house.world.drying = False
    await House(house.redis, world=house.world, clock=house.clock).later(61)
    assert (await house.incident()).status is Status.RESOLVED
    assert house.world.painted == ["paint hall green"]


async def test_a_step_that_took_long_leaves_the_recovery_its_own_time(house: House) -> None:
    house.brain.plan = draft(guards=(), verify_within=600)
    await house.approved()
    house.world.drying = True
    await house.work()
    await house.later(900)
    house.world.drying, house.world.dust = False, 50
    await house.later(61)
    assert (await house.incident()).status is Status.MITIGATED
    await house.later(590)
    assert (await house.fix()).recovered is None
    await house.later(20)
    assert (await house.fix()).recovered is False


async def test_the_same_news_is_told_once(house: House) -> None:
    await house.approved()
    house.world.drying = True
    for _ in range(5):
        await house.later(61)
    assert await house.notes() == ["drying"]


async def test_what_takes_too_long_has_failed(house: House) -> None:
    await house.approved()
    house.world.drying = True
    await house.work()
    await house.later(1201)
    failure = (await house.fix()).steps[0].failure
    assert failure == "not done after 20 min: drying"


async def test_what_is_not_right_has_failed(house: House) -> None:
    await house.approved()
    house.world.spoilt = True
    await house.work()
    assert (await house.fix()).steps[0].failure == "looked"


async def test_a_recovery_is_waited_for(house: House) -> None:
    house.brain.plan = draft(guards=())
    await house.approved()
    house.world.dust = 50
    await house.work()
    assert (await house.incident()).status is Status.MITIGATED
    assert await house.notes() == ["dust settled: 50 g (limit 10)"]
    house.world.dust = 5
    await house.later(4)
    assert (await house.incident()).status is Status.RESOLVED


async def test_it_looks_often_at_first_and_then_less_and_each_look_is_noted(house: House) -> None:
    house.brain.plan = draft(guards=(), verify_within=60)
    await house.approved()
    house.world.dust = 50
    looked = []
    for second in range(60):
        before = len(await house.notes())
        await house.later(1)
        looked += [second] if len(await house.notes()) > before else []
    assert looked == [0, 3, 6, 12, 24, 48]


async def test_but_only_as_long_as_the_plan_says(house: House) -> None:
    house.brain.plan = draft(guards=(), verify_within=60)
    await house.approved()
    house.world.dust = 50
    await house.work()
    await house.later(61)
    assert (await house.fix()).recovered is False
    assert house.world.painted == ["paint hall green", "paint hall red"]


async def test_a_source_that_does_not_answer_proves_no_recovery(house: House) -> None:
    house.brain.plan = draft(guards=(), verify_within=60)
    await house.approved()
    while not house.world.painted:
        await house.jobs.run(house.queue.items.pop(0).key)
    house.world.reads_down = True
    await house.work()
    assert (await house.incident()).status is Status.MITIGATED
