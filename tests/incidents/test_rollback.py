"""A fix that did not help is put back, once, and never over another's change."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import pytest

from bot.domain.plan_state import StepStatus
from bot.domain.values import Status
from bot.domain.work import Work
from bot.incidents.actions import PATIENCE
from tests.fakes.house import House, draft
from tests.fakes.story import alert
from tests.fakes.tools import CreateTicket, Look, Paint, PaintLamp, UpdateTicket, World
from tools.kit.errors import Refused
from tools.kit.tool import Context, WriteTool
from tools.kit.types import Applied, DryRun, Effect, Handle, Verification


class PaintForGood(WriteTool[Paint]):
    """Paint a lamp, and keep no word of what it was."""

    name: ClassVar[str] = "paint"
    effect: ClassVar[Effect] = Effect.WRITE

    def __init__(self, world: World) -> None:
        self._lamp = PaintLamp(world)

    async def dry_run(self, params: Paint, ctx: Context) -> DryRun:
        return await self._lamp.dry_run(params, ctx)

    async def execute(self, params: Paint, ctx: Context) -> Handle:
        return await self._lamp.execute(params, ctx)

    async def applied(self, key: str, handle: Handle | None, ctx: Context) -> Applied:
        return await self._lamp.applied(key, handle, ctx)

    async def verify(self, params: Paint, handle: Handle, ctx: Context) -> Verification:
        return await self._lamp.verify(params, handle, ctx)


class PaintUnseen(PaintLamp):
    """Paint a lamp that nobody may look at any more."""

    async def dry_run(self, params: Paint, ctx: Context) -> DryRun:
        raise Refused("not yours to look at")


def another(house: House, tool: type[Any]) -> House:
    """The same house, after a release in which painting is that."""
    tools = (Look, tool, CreateTicket, UpdateTicket)
    return House(house.redis, world=house.world, clock=house.clock, tools=tools)


async def held(house: House, step: int = 0) -> tuple[Work, str]:
    """The work of undoing a step, and the token of its lease."""
    work = Work(incident="INC-1", kind="undo", ref=f"P1:{step}", due=house.clock.now)
    token = await house.ledger.acquire(work.key, 60)
    assert token is not None
    return work, token


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


@pytest.mark.invariant(20)
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


@pytest.mark.invariant(20)
async def test_an_undo_under_way_is_not_looked_at_again_by_who_comes_late(house: House) -> None:
    await failed(house)
    house.world.painting = "answer lost"
    await house.work()
    await house.rollback.undo(*await held(house))
    assert (await house.fix()).steps[0].status is StepStatus.UNDOING
    assert house.world.painted == ["paint hall green", "paint hall red"]


@pytest.mark.invariant(20)
async def test_a_step_whose_turn_has_not_come_is_left_alone(house: House) -> None:
    house.brain.plan = draft("hall", "attic", verify_within=0)
    await house.approved()
    house.world.dust = 9
    while len(house.world.painted) < 2:
        await house.jobs.run(house.queue.items.pop(0).key)
    house.world.dust = 50
    while (await house.fix()).undoable == ():
        house.clock.advance(1)
        await house.sweeper.sweep()
        await house.jobs.run(house.queue.items.pop(0).key)
    house.world.lamps["hall"] = "blue"
    await house.rollback.undo(*await held(house, 0))
    assert [s.status for s in (await house.fix()).steps] == [StepStatus.VERIFIED] * 2


@pytest.mark.invariant(20)
@pytest.mark.parametrize(
    ("tool", "why"),
    [(PaintForGood, "paint has no undo any more"), (PaintUnseen, "not yours to look at")],
)
async def test_what_the_tool_can_not_or_may_not_undo_is_a_persons(
    house: House, tool: type[Any], why: str
) -> None:
    await failed(house)
    await another(house, tool).later(11)
    assert house.world.painted == ["paint hall green"]
    assert (await house.fix()).steps[0].status is StepStatus.STUCK
    assert why in (await house.incident()).calls[-1].reason


async def test_an_undo_that_the_target_refuses_is_a_persons(house: House) -> None:
    await failed(house)
    house.world.painting = "refuses"
    await house.work()
    assert (await house.fix()).steps[0].status is StepStatus.STUCK
    assert "could not be undone: not allowed" in (await house.incident()).calls[-1].reason


async def test_a_backend_that_is_away_is_waited_for_so_long_and_no_longer(house: House) -> None:
    await failed(house)
    house.world.painting = "down"
    since = (await house.fix()).touched_at
    house.clock.advance((since + PATIENCE - house.clock.now).total_seconds() - 1)
    work, token = await held(house)
    await house.rollback.undo(work, token)
    assert (await house.fix()).steps[0].status is not StepStatus.STUCK
    due = [each.kind for each in await house.ledger.due(house.clock.now, 99)]
    assert "undo" not in due, "it is tried again later, not at once"
    house.clock.advance(1)
    await house.rollback.undo(work, token)
    assert (await house.fix()).steps[0].status is StepStatus.STUCK


@pytest.mark.invariant(20)
async def test_an_undo_that_came_to_its_deadline_before_it_was_sent_is_not(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await failed(house)
    handle = house.incidents.handle

    async def slow(*given: Any, **more: Any) -> Any:
        done = await handle(*given, **more)
        house.clock.advance(house.incidents.pace.call_seconds)
        return done

    monkeypatch.setattr(house.incidents, "handle", slow)
    await house.rollback.undo(*await held(house))
    assert house.world.painted == ["paint hall green"]
    assert (await house.fix()).steps[0].status is StepStatus.UNDOING
