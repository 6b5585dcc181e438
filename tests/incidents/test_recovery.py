"""A step that started and never told: read back, never sent again."""

from __future__ import annotations

import pytest

from bot.domain.plan_state import StepStatus
from bot.domain.values import Status
from tests.fakes.house import House
from tests.fakes.tools import Mishap


async def unanswered(house: House, mishap: Mishap) -> None:
    """An approved step was sent, and its answer never came."""
    await house.approved()
    house.world.painting = mishap
    await house.work()
    assert (await house.fix()).steps[0].status is StepStatus.STARTED
    house.world.painting = "none"


@pytest.mark.invariant(8)
async def test_what_landed_goes_on(house: House) -> None:
    await unanswered(house, "answer lost")
    await house.later(31)
    assert house.world.painted == ["paint hall green"]
    assert (await house.incident()).status is Status.RESOLVED


@pytest.mark.invariant(8)
async def test_what_did_not_land_is_not_sent_again(house: House) -> None:
    await unanswered(house, "request lost")
    await house.later(31)
    assert house.world.painted == []
    assert "step 1 failed: never painted" in (await house.incident()).calls[-1].reason


@pytest.mark.invariant(8)
async def test_what_nobody_can_say_calls_a_person(house: House) -> None:
    await unanswered(house, "answer lost")
    house.world.readback_down = True
    for _ in range(20):
        await house.later(6)
    assert house.world.painted == ["paint hall green"]
    call = (await house.incident()).calls[-1]
    assert call.reason == "whether step 1 ran is unknown: nobody can say"


async def test_a_read_back_that_fails_at_first_is_asked_again(house: House) -> None:
    await unanswered(house, "answer lost")
    house.world.readback_down = True
    await house.later(31)
    house.world.readback_down = False
    await house.later(6)
    assert (await house.incident()).status is Status.RESOLVED


async def test_nobody_reads_back_before_the_deadline(house: House) -> None:
    await unanswered(house, "request lost")
    await house.jobs.run("INC-1|recover|P1:0")
    await house.later(19)
    assert (await house.fix()).steps[0].status is StepStatus.STARTED


@pytest.mark.invariant(8)
@pytest.mark.parametrize("times", [1, 5])
@pytest.mark.invariant(7)
async def test_a_step_enqueued_again_after_its_start_does_not_run(house: House, times: int) -> None:
    await unanswered(house, "answer lost")
    for _ in range(times):
        await house.jobs.run("INC-1|execute|P1:0")
    assert house.world.painted == ["paint hall green"]
