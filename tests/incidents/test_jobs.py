"""Work that fails for a defect of ours is tried again, and then somebody is called."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from bot.domain import commands as c
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


async def test_a_call_that_could_not_be_recorded_is_made_the_next_time(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.brain.investigate = broken  # type: ignore[method-assign]
    handle, refused = house.incidents.handle, [True]

    async def once_away(incident_id: str, command: Any, **given: Any) -> Incident:
        if isinstance(command, c.CallPerson) and refused:
            refused.pop()
            raise ConnectionError("the store is away")
        return await handle(incident_id, command, **given)

    monkeypatch.setattr(house.incidents, "handle", once_away)
    await house.receive(alert())
    for _ in range(CALL_AFTER + 1):
        with suppress(ConnectionError):
            await house.work()
        house.clock.advance(LONGEST_RETRY_SECONDS)
    assert not refused
    assert (await house.incident()).calls[0].reason.startswith("opsbot itself fails at")


async def test_a_job_that_never_ends_counts_as_failed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def endless(incident: Incident) -> Draft:
        await asyncio.sleep(30)
        raise AssertionError("it was waited for")

    monkeypatch.setattr("bot.incidents.jobs.LONGEST_SECONDS", 0.05)
    house.brain.investigate = endless  # type: ignore[method-assign]
    await house.receive(alert())
    for _ in range(CALL_AFTER):
        await house.later(LONGEST_RETRY_SECONDS)
    reason = (await house.incident()).calls[0].reason
    assert reason == "opsbot itself fails at investigate: TimeoutError; see its log"


async def test_a_store_that_is_away_for_a_moment_costs_no_lease(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    extend, away, free = house.ledger.extend, [True], []

    async def once_away(lease: str, token: str, seconds: float) -> bool:
        if away:
            away.pop()
            raise ConnectionError("the store is away")
        return await extend(lease, token, seconds)

    async def long(incident: Incident) -> Draft:
        await asyncio.sleep(1)
        free.append(await house.ledger.acquire("INC-1|investigate|", 1))
        return Draft(diagnosis=house.brain.diagnosis)

    monkeypatch.setattr(house.ledger, "extend", once_away)
    monkeypatch.setattr(house.jobs, "_lease_seconds", 0.6)
    house.brain.investigate = long  # type: ignore[method-assign]
    await house.receive(alert())
    await house.work()
    assert (away, free) == ([], [None])
