"""A halt lets the step that runs end, and no other begin; a plan can be handed to a person."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis

from bot.domain import events as e
from bot.domain.plan_state import PlanStatus, StepStatus
from bot.domain.refusals import AlreadyDecidedError, CommandRefusedError, PlanChangedError
from bot.domain.values import Status
from tests.fakes.house import ALLOWING, House, draft, rules
from tests.fakes.outside import ARSENAL, Outside
from tests.fakes.poll import until
from tests.fakes.story import alert

pytestmark = pytest.mark.invariant(23)


async def halt(house: House, user: str = "U3") -> None:
    fix = await house.fix()
    await house.intervention.halt("INC-1", fix.plan.id, fix.digest, user)


async def hand(house: House, user: str = "U3") -> None:
    fix = await house.fix()
    await house.intervention.hand("INC-1", fix.plan.id, fix.digest, user)


async def running(house: House) -> asyncio.Future[None]:
    """The first of two steps is sent, and held there."""
    house.brain.plan = draft("hall", "attic")
    await house.approved()
    house.world.hold = asyncio.Event()
    work = asyncio.ensure_future(house.work())

    async def sent() -> bool:
        return bool(house.world.painted)

    await until(sent)
    return work


async def test_the_step_that_runs_ends_and_is_verified_and_the_next_never_starts(
    house: House,
) -> None:
    work = await running(house)
    await halt(house)
    assert house.world.hold is not None
    house.world.hold.set()
    await work
    await house.later(3600)
    fix = await house.fix()
    assert house.world.painted == ["paint hall green"]
    assert [s.status for s in fix.steps] == [StepStatus.VERIFIED, StepStatus.PENDING]
    assert fix.void is not None
    assert (fix.void.cause, fix.void.reason) == ("halted", "halted by U3 after step 1 of 2")
    called = (await house.incident()).calls[0]
    assert called.reason == (
        "halted by U3 after step 1 of 2; of 2 steps 1 had run and stays as it is"
    )


async def test_between_two_steps_it_is_over_at_once(house: House) -> None:
    house.brain.plan = draft("hall", "attic")
    await house.approved()
    while (await house.fix()).current != 1:
        await house.jobs.run(house.queue.items.pop(0).key)
    await halt(house)
    assert (await house.fix()).status is PlanStatus.FAILED
    await house.jobs.run("INC-1|execute|P1:1")
    await house.later(60)
    assert house.world.painted == ["paint hall green"]


async def test_before_the_first_step_nothing_runs(house: House) -> None:
    await house.approved()
    await halt(house)
    await house.work()
    fix = await house.fix()
    assert house.world.painted == []
    assert fix.status is PlanStatus.VOID
    assert (await house.incident()).calls[-1].reason == (
        "halted by U3 before step 1 of 1; nothing ran"
    )


@pytest.mark.parametrize("head_start", range(12))
async def test_a_halt_in_the_same_moment_is_heeded_or_comes_too_late_and_says_so(
    house: House, head_start: int
) -> None:
    """Whichever is first on disk counts: never both a halt and a step that started after it."""
    house.brain.plan = draft("hall", "attic")
    await house.approved()
    while (await house.fix()).current != 1:
        await house.jobs.run(house.queue.items.pop(0).key)

    async def halted_in_time() -> bool:
        await asyncio.sleep(head_start / 1000)
        try:
            await halt(house)
        except PlanChangedError:
            return False
        return True

    in_time, _ = await asyncio.gather(halted_in_time(), house.jobs.run("INC-1|execute|P1:1"))
    await house.work()
    assert ("paint attic green" in house.world.painted) is not in_time


async def test_a_halt_between_the_checks_and_the_start_is_heeded(house: House) -> None:
    world = Outside(clock=house.clock)
    held = House(house.redis, world=world, clock=house.clock, tools=ARSENAL)
    held.brain.plan = draft("hall", "attic")
    await held.approved()
    while (await held.fix()).current != 1:
        await held.jobs.run(held.queue.items.pop(0).key)
    world.hold_at = "checkpoint"
    starting = asyncio.ensure_future(held.jobs.run("INC-1|execute|P1:1"))

    async def checked() -> bool:
        return bool(world.held)

    await until(checked)
    await halt(held)
    world.held[0].set()
    await starting
    assert world.painted == ["paint hall green"]


async def test_a_step_that_fails_after_a_halt_is_undone_as_it_was_approved(house: House) -> None:
    work = await running(house)
    await halt(house)
    assert house.world.hold is not None
    house.world.spoilt = True
    house.world.hold.set()
    await work
    assert house.world.painted == ["paint hall green", "paint hall red"]


async def test_an_unknown_outcome_under_a_halt_is_a_persons(house: House) -> None:
    work = await running(house)
    await halt(house)
    assert house.world.hold is not None
    house.world.painting = "answer lost"
    house.world.readback_down = True
    house.world.hold.set()
    await work
    await house.later(31)
    await house.later(300)
    assert (await house.fix()).steps[0].status is StepStatus.UNKNOWN
    assert house.world.painted == ["paint hall green"]


async def test_what_was_halted_is_asked_for_again_without_what_is_done(house: House) -> None:
    house.brain.plan = draft("hall", "attic")
    await house.approved()
    while (await house.fix()).current != 1:
        await house.jobs.run(house.queue.items.pop(0).key)
    await halt(house)
    await house.approvals.ask_again("INC-1", "P1", "U3")
    await house.work()
    fix = await house.fix()
    assert (fix.plan.id, fix.status) == ("P2", PlanStatus.AWAITING)
    assert [s.params["lamp"] for s in fix.plan.steps] == ["attic"]
    await house.decide()
    await house.work()
    assert house.world.painted == ["paint hall green", "paint attic green"]
    assert (await house.incident()).status is Status.RESOLVED


async def test_what_was_allowed_and_halted_never_runs_again_of_itself(redis: Redis) -> None:
    house = House(redis, policy=rules(*ALLOWING))
    await house.receive(alert())
    while (await house.incident()).fix is None:
        await house.jobs.run(house.queue.items.pop(0).key)
    assert (await house.fix()).status is PlanStatus.READY
    await halt(house)
    await house.approvals.ask_again("INC-1", "P1", "U3")
    await house.work()
    fix = await house.fix()
    assert (fix.plan.id, fix.status) == ("P2", PlanStatus.AWAITING)
    assert house.world.painted == []


async def test_a_halt_is_refused_where_nothing_is_left_to_halt(house: House) -> None:
    await house.asked()
    with pytest.raises(PlanChangedError, match="nothing of it runs now"):
        await halt(house)
    await house.decide()
    house.world.drying = True
    await house.work()
    with pytest.raises(PlanChangedError, match="its last step has begun"):
        await halt(house)


async def test_a_second_halt_is_told_who_was_faster(house: House) -> None:
    work = await running(house)
    await halt(house, "U1")
    with pytest.raises(AlreadyDecidedError, match="already halted by U1"):
        await halt(house, "U2")
    assert house.world.hold is not None
    house.world.hold.set()
    await work


@pytest.mark.parametrize("user", ["G1", "B1", "U9"])
async def test_guests_bots_and_strangers_neither_halt_nor_hand_over(
    house: House, user: str
) -> None:
    await house.approved()
    with pytest.raises(CommandRefusedError, match="only full members"):
        await halt(house, user)
    with pytest.raises(CommandRefusedError, match="only full members"):
        await hand(house, user)
    await house.work()
    assert house.world.painted == ["paint hall green"]


async def test_a_plan_handed_to_a_person_never_runs_and_whoever_is_on_call_is_called(
    house: House,
) -> None:
    await house.asked()
    await hand(house)
    with pytest.raises(PlanChangedError, match="handed to a person by U3"):
        await house.decide()
    with pytest.raises(PlanChangedError, match="not one to ask for again"):
        await house.approvals.ask_again("INC-1", "P1", "U3")
    await house.later(1)
    incident = await house.incident()
    assert house.world.painted == []
    assert [(call.to, call.reason) for call in incident.calls] == [
        (("@oncall",), "U3 handed the fix to a person; nothing ran")
    ]


async def test_where_nobody_takes_what_was_handed_over_the_next_in_line_is_called(
    house: House,
) -> None:
    await house.asked()
    await hand(house)
    await house.later(301)
    assert [call.rung for call in (await house.incident()).calls] == [0, 1]


async def test_what_expired_cant_be_handed_over(house: House) -> None:
    await house.asked()
    house.clock.advance(901)
    with pytest.raises(CommandRefusedError, match="expired"):
        await hand(house)


async def test_alerts_that_clear_while_it_is_halted_end_it(house: House) -> None:
    house.brain.plan = draft("hall", "attic")
    await house.approved()
    while (await house.fix()).current != 1:
        await house.jobs.run(house.queue.items.pop(0).key)
    await halt(house)
    await house.receive(alert(status="resolved"))
    await house.work()
    assert (await house.incident()).status is Status.RESOLVED


async def test_a_halt_that_stands_alone_in_the_record_is_heeded_by_who_would_start(
    house: House,
) -> None:
    fix = await house.asked()
    await house.decide()
    halt = e.PlanHalted(at=house.clock.now, actor="U3", plan_id=fix.plan.id, name="Maya")
    await house.ledger.commit(await house.incident(), [halt])
    await house.work()
    ended = await house.fix()
    assert house.world.painted == []
    assert ended.void is not None
    assert (ended.status, ended.void.cause) == (PlanStatus.VOID, "halted")
