"""Work that fails for a defect of ours is tried again, and then somebody is called."""

from __future__ import annotations

from bot.domain.incident import Incident
from bot.domain.ports import Draft
from bot.incidents.jobs import CALL_AFTER, LONGEST_RETRY_SECONDS
from tests.fakes.house import House
from tests.fakes.story import alert


async def broken(incident: Incident) -> Draft:
    raise RuntimeError("a defect")


async def test_a_job_that_keeps_failing_calls_a_person_once(house: House) -> None:
    house.brain.investigate = broken  # type: ignore[method-assign]
    await house.receive(alert())
    await house.work()
    assert not (await house.incident()).calls
    for _ in range(CALL_AFTER + 3):
        await house.later(LONGEST_RETRY_SECONDS)
    reasons = [call.reason for call in (await house.incident()).calls if call.rung == 0]
    assert reasons == ["opsbot itself fails at investigate: RuntimeError; see its log"]


async def test_a_job_that_failed_once_is_done_the_next_time(house: House) -> None:
    investigate = house.brain.investigate
    house.brain.investigate = broken  # type: ignore[method-assign]
    await house.receive(alert())
    await house.work()
    house.brain.investigate = investigate  # type: ignore[method-assign]
    await house.later(LONGEST_RETRY_SECONDS)
    assert (await house.incident()).diagnosis is not None
    assert not (await house.incident()).calls
