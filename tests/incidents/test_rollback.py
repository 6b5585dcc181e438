"""A fix that did not help is put back, once, and never over another's change."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.plan_state import StepStatus
from bot.domain.values import Status
from tests.fakes.house import House, draft
from tests.fakes.story import alert


async def failed(house: House, *lamps: str) -> None:
    """A fix ran and did not help; its undo is due and has not begun."""
    house.brain.plan = draft(*lamps)
    await house.approved()
    house.world.spoilt = True
    while (await house.fix()).undoable == ():
        assert house.queue.items, "nothing leads to an undo"
        await house.jobs.run(house.queue.items.pop(0).key)


async def test_it_is_put_back_and_a_person_is_called(house: House) -> None:
    await failed(house)
    await house.work()
    incident = await house.incident()
    assert house.world.painted == ["paint hall green", "paint hall red"]
    assert incident.calls[-1].reason == "step 1 failed: looked; step 1 undone"
    assert incident.status is not Status.RESOLVED


async def test_steps_are_put_back_last_first(house: House) -> None:
    house.brain.plan = draft("hall", "attic", verify_within=0)
    await house.approved()
    house.world.dust = 9
    while len(house.world.painted) < 2:
        await house.jobs.run(house.queue.items.pop(0).key)
    house.world.dust = 50
    await house.later(1)
    assert house.world.painted[2:] == ["paint attic red", "paint hall red"]


@pytest.mark.invariant(20)
async def test_what_somebody_changed_since_is_left_and_a_person_is_called(house: House) -> None:
    await failed(house)
    house.world.lamps["hall"] = "blue"
    await house.work()
    assert house.world.lamps["hall"] == "blue"
    assert (await house.fix()).steps[0].status is StepStatus.STUCK
    assert "hall.colour is 'blue' now" in (await house.incident()).calls[-1].reason


@pytest.mark.invariant(20)
async def test_ten_workers_at_once_put_it_back_once(house: House) -> None:
    await failed(house)
    workers = [House(house.redis, world=house.world, clock=house.clock) for _ in range(10)]
    await asyncio.gather(*(w.jobs.run("INC-1|undo|P1:0") for w in workers))
    assert house.world.painted == ["paint hall green", "paint hall red"]


async def test_an_undo_whose_answer_was_lost_is_read_back(house: House) -> None:
    await failed(house)
    house.world.painting = "answer lost"
    await house.work()
    assert (await house.fix()).steps[0].status is StepStatus.UNDOING
    await house.jobs.run("INC-1|undo|P1:0")
    house.world.painting = "none"
    await house.later(31)
    assert house.world.painted == ["paint hall green", "paint hall red"]
    assert (await house.fix()).steps[0].status is StepStatus.UNDONE


async def test_a_backend_that_stays_away_leaves_it_to_a_person(house: House) -> None:
    await failed(house)
    house.world.painting = "down"
    await house.later(1)
    await house.later(301)
    assert (await house.fix()).steps[0].status is StepStatus.STUCK
    assert "could not be undone: no answer" in (await house.incident()).calls[-1].reason


async def test_alerts_that_cleared_meanwhile_end_it_without_a_person(house: House) -> None:
    await failed(house)
    await house.receive(alert(status="resolved"))
    assert (await house.incident()).status is not Status.RESOLVED
    await house.work()
    incident = await house.incident()
    assert house.world.painted == ["paint hall green", "paint hall red"]
    assert incident.status is Status.RESOLVED
    assert not incident.calls
