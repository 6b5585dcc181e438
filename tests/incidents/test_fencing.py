"""A worker that was stopped for too long, or that can't write down what it is about to do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

import pytest
from redis.asyncio import Redis

from bot.adapters import keys, redis_ledger
from bot.domain import commands as c
from bot.domain.plan_state import PlanStatus, StepStatus
from bot.incidents.pace import NORMAL
from tests.fakes.house import House, draft
from tests.fakes.story import alert
from tests.fakes.tools import Colour, CreateTicket, Look, Paint, PaintLamp, UpdateTicket
from tools.kit.tool import Context
from tools.kit.types import DryRun, Target

STEP = "INC-1|execute|P1:0"
UNDO = "INC-1|undo|P1:0"


class Stalling(PaintLamp):
    """Paint a lamp, after a long pause."""

    pause: ClassVar[Callable[[], Awaitable[object]] | None] = None

    async def checkpoint(self, params: Paint, ctx: Context) -> Colour:
        saved = await super().checkpoint(params, ctx)
        pause, Stalling.pause = Stalling.pause, None
        if pause:
            await pause()
        return saved


class PaintNothing(PaintLamp):
    """Paint what can't be told."""

    async def dry_run(self, params: Paint, ctx: Context) -> DryRun:
        found = await super().dry_run(params, ctx)
        targets: tuple[Target, ...] = ()
        return DryRun.model_validate({**found.model_dump(), "targets": targets})


def house_of(redis: Redis, tool: type[Any], like: House | None = None) -> House:
    tools = (Look, tool, CreateTicket, UpdateTicket)
    if like is None:
        return House(redis, tools=tools)
    return House(redis, tools=tools, world=like.world, clock=like.clock)


@pytest.mark.invariant(16)
async def test_one_stopped_past_its_lease_leaves_the_step_to_whoever_holds_it_now(
    redis: Redis,
) -> None:
    stale = house_of(redis, Stalling)
    await stale.approved()

    async def another_takes_over() -> None:
        await redis.delete(keys.lease(STEP))
        assert await stale.ledger.acquire(STEP, 30)

    Stalling.pause = another_takes_over
    await stale.jobs.run(STEP)
    assert stale.world.painted == []
    assert (await stale.fix()).status is PlanStatus.READY


@pytest.mark.invariant(16)
@pytest.mark.invariant(7)
async def test_one_continued_after_another_did_the_step_sends_nothing(redis: Redis) -> None:
    stale = house_of(redis, Stalling)
    await stale.approved()
    fresh = house_of(redis, PaintLamp, stale)

    async def another_does_it() -> None:
        await redis.delete(keys.lease(STEP))
        await fresh.jobs.run(STEP)

    Stalling.pause = another_does_it
    await stale.jobs.run(STEP)
    assert stale.world.painted == ["paint hall green"]
    assert (await stale.events()).count("action.started") == 2, "one ticket, one lamp"


def stops_after(
    house: House, command: type[c.Command], monkeypatch: pytest.MonkeyPatch, seconds: float = 120
) -> None:
    """The process is stopped for so long once such a command is on disk."""
    handle = house.incidents.handle

    async def stopping(incident: str, given: Any, **more: Any) -> Any:
        after = await handle(incident, given, **more)
        if isinstance(given, command):
            house.clock.advance(seconds)
        return after

    monkeypatch.setattr(house.incidents, "handle", stopping)


@pytest.mark.invariant(16)
@pytest.mark.invariant(8)
@pytest.mark.parametrize("seconds", [NORMAL.call_seconds, 120])
async def test_one_stopped_between_record_and_effect_no_longer_sends_it(
    house: House, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    """By then somebody may have read back that it never landed."""
    await house.approved()
    stops_after(house, c.StartStep, monkeypatch, seconds)
    await house.jobs.run(STEP)
    assert house.world.painted == []
    monkeypatch.undo()
    await house.work()
    assert "step 1 failed: never painted" in (await house.incident()).calls[-1].reason


@pytest.mark.invariant(16)
@pytest.mark.invariant(20)
async def test_nor_a_rollback(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await undo_due(house)
    stops_after(house, c.StartRollback, monkeypatch)
    await house.jobs.run(UNDO)
    assert house.world.painted == ["paint hall green"]
    assert (await house.fix()).steps[0].status is StepStatus.UNDOING


@pytest.mark.invariant(20)
@pytest.mark.invariant(16)
async def test_a_rollback_under_a_lost_lease_is_not_sent(house: House) -> None:
    await undo_due(house)
    work = next(work for work in house.queue.items if work.kind == "undo")
    await house.redis.delete(keys.lease(UNDO))
    await house.rollback.undo(work, "a token long gone")
    assert house.world.painted == ["paint hall green"]


@pytest.mark.invariant(20)
@pytest.mark.parametrize("how", ["newer tool", "unreadable checkpoint"])
async def test_a_rollback_whose_meaning_changed_is_left_to_a_person(
    redis: Redis, house: House, how: str
) -> None:
    await undo_due(house)

    class Newer(PaintLamp):
        """Paint a lamp, otherwise."""

        version: ClassVar[int] = 2 if how == "newer tool" else 1

    monkey = pytest.MonkeyPatch()
    if how == "unreadable checkpoint":
        monkey.setattr(Newer, "saved", Paint)
    changed = house_of(redis, Newer, house)
    await changed.later(16)
    monkey.undo()
    assert house.world.painted == ["paint hall green"]
    assert (await changed.fix()).steps[0].status is StepStatus.STUCK
    assert "step 1 could not be undone: paint" in (await changed.incident()).calls[-1].reason


@pytest.mark.invariant(10)
async def test_what_is_not_known_to_be_on_disk_sends_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.approved()

    async def full(redis: Redis) -> bool:
        return False

    monkeypatch.setattr(house.ledger, "_sync", True)
    monkeypatch.setattr(redis_ledger, "on_disk", full)
    await house.jobs.run(STEP)
    monkeypatch.undo()
    assert house.world.painted == []
    assert await house.redis.keys(keys.failures("*")) == [], "it is taken for a defect of ours"
    await house.later(31)
    assert house.world.painted == []
    assert "step 1 failed: never painted" in (await house.incident()).calls[-1].reason


@pytest.mark.invariant(17)
async def test_a_change_that_names_no_target_is_no_plan(redis: Redis) -> None:
    house = house_of(redis, PaintNothing)
    await house.receive(alert())
    await house.work()
    await house.later(11)
    incident = await house.incident()
    assert incident.fix is None
    assert incident.diagnosis is not None
    assert "paint can't say what it would touch" in incident.diagnosis.not_known[-1]
    assert incident.calls
    assert house.world.painted == []


@pytest.mark.invariant(17)
async def test_one_that_names_none_any_more_does_not_start(redis: Redis, house: House) -> None:
    await house.approved()
    later = house_of(redis, PaintNothing, house)
    await later.later(16)
    assert house.world.painted == []
    assert (await later.incident()).calls[-1].reason.endswith("so it may not run; nothing ran")


@pytest.mark.invariant(17)
@pytest.mark.parametrize("lamp", ["", "*", "nowhere"])
async def test_a_target_that_the_inventory_does_not_know_is_a_persons(
    house: House, lamp: str
) -> None:
    house.world.lamps[lamp] = "red"
    house.brain.plan = draft(lamp)
    await house.asked()
    assert (await house.fix()).verdict.kind == "escalate"
    assert house.world.painted == []


async def undo_due(house: House) -> None:
    """A fix ran and did not help; its undo is enqueued and not begun."""
    await house.approved()
    house.world.spoilt = True
    while not any(work.kind == "undo" for work in house.queue.items):
        await house.jobs.run(house.queue.items.pop(0).key)
