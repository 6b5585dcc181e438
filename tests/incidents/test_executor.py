"""A step runs at most once, and only as it was shown."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.plan_state import PlanStatus, StepStatus
from bot.domain.values import Status
from bot.domain.work import Work
from bot.policy.freeze import Freeze
from bot.policy.thresholds import EscalateWhen
from tests.fakes.house import ALLOWING, INVENTORY, House, draft, rules
from tests.fakes.poll import until
from tests.fakes.tools import (
    CreateTicket,
    Lamp,
    Look,
    Paint,
    PaintLamp,
    PaintLampAnew,
    UpdateTicket,
)
from tools.kit.errors import OutcomeUnknown, Unavailable
from tools.kit.tool import Context
from tools.kit.types import Evidence, Handle


async def test_an_approved_plan_runs_to_the_end(house: House) -> None:
    await house.approved()
    await house.work()
    incident = await house.incident()
    assert house.world.painted == ["paint hall green"]
    assert (incident.status, incident.resolution) == (Status.RESOLVED, "painted it green")
    assert house.world.tickets == {"LAMP-1": "done", "LAMP-2": "open"}
    assert (await house.events())[-1] == "incident.reported"


async def test_two_steps_run_in_their_order(house: House) -> None:
    house.brain.plan = draft("hall", "attic")
    await house.approved()
    await house.work()
    assert house.world.painted == ["paint hall green", "paint attic green"]


@pytest.mark.invariant(9)
async def test_what_policy_allows_runs_without_a_person(house: House) -> None:
    alone = House(house.redis, policy=rules(*ALLOWING))
    await alone.asked()
    assert alone.world.painted == ["paint hall green"]
    assert (await alone.fix()).decided_by == "policy:auto"


async def test_what_policy_allows_to_the_sure_runs_if_the_diagnosis_is(house: House) -> None:
    rule = {"id": "sure", "effects": ["write"], "min_confidence": "high", "then": "allow"}
    sure = House(house.redis, policy=rules(rule))
    await sure.asked()
    assert sure.world.painted == ["paint hall green"]


@pytest.mark.invariant(9)
async def test_nothing_runs_unapproved(house: House) -> None:
    await house.asked()
    await house.jobs.run("INC-1|execute|P1:0")
    assert house.world.painted == []


@pytest.mark.invariant(9)
async def test_nothing_runs_rejected(house: House) -> None:
    await house.asked()
    await house.decide("reject")
    await house.later(3600)
    assert house.world.painted == []
    assert "rejected" in (await house.incident()).calls[-1].reason


@pytest.mark.invariant(10)
async def test_the_start_is_recorded_with_its_undo_before_the_effect_leaves(house: House) -> None:
    await house.approved()
    house.world.hold = asyncio.Event()
    running = asyncio.ensure_future(house.work())

    async def sent() -> bool:
        return bool(house.world.painted)

    await until(sent)
    step = (await house.fix()).steps[0]
    assert (step.status, step.checkpoint) == (StepStatus.STARTED, {"colour": "red"})
    house.world.hold.set()
    await running


@pytest.mark.invariant(7)
async def test_two_workers_at_once_paint_once(house: House) -> None:
    await house.approved()
    workers = [House(house.redis, world=house.world, clock=house.clock) for _ in range(10)]
    await asyncio.gather(*(w.jobs.run("INC-1|execute|P1:0") for w in workers))
    assert house.world.painted == ["paint hall green"]


@pytest.mark.invariant(16)
async def test_a_worker_that_lost_its_lease_leaves_the_step_to_the_other(house: House) -> None:
    await house.approved()
    work = house.queue.items.pop()
    await house.executor.execute(work, "a token long gone")
    assert house.world.painted == []
    assert (await house.fix()).status is PlanStatus.READY
    await house.jobs.run(work.key)
    assert house.world.painted == ["paint hall green"]


@pytest.mark.invariant(11)
class TestObjections:
    @pytest.mark.invariant(11)
    async def test_a_guard_that_no_longer_holds_asks_again(self, house: House) -> None:
        await house.approved()
        house.world.dust = 50
        await house.work()
        incident = await house.incident()
        assert house.world.painted == []
        assert incident.plans["P1"].void is not None
        assert incident.plans["P1"].void.reason == "dust now 50 g (limit 10)"
        assert "dust: 50 g" in incident.calls[-1].reason

    @pytest.mark.invariant(11)
    async def test_a_reading_that_moved_but_still_holds_does_not(self, house: House) -> None:
        await house.approved()
        house.world.dust = 9
        await house.work()
        assert house.world.painted == ["paint hall green"]

    @pytest.mark.invariant(11)
    async def test_a_guard_that_is_unknown_refuses(self, house: House) -> None:
        await house.approved()
        house.world.dust = None
        await house.work()
        assert house.world.painted == []
        assert (await house.incident()).plans["P1"].void is not None

    async def test_a_guard_that_cannot_be_read_waits_for_it(self, house: House) -> None:
        await house.approved()
        house.world.reads_down = True
        await house.work()
        assert (await house.fix()).status is PlanStatus.READY
        house.world.reads_down = False
        await house.later(6)
        assert house.world.painted == ["paint hall green"]

    async def test_but_not_for_ever(self, house: House) -> None:
        await house.approved()
        house.world.reads_down = True
        await house.later(1)
        await house.later(301)
        assert house.world.painted == []
        call = (await house.incident()).calls[-1]
        assert call.reason == "dust can't be read: no light; nothing ran"

    @pytest.mark.invariant(11)
    async def test_a_world_that_drifted_is_planned_and_asked_for_anew(self, house: House) -> None:
        await house.approved()
        house.world.lamps["hall"] = "yellow"
        await house.work()
        fix = await house.fix()
        assert house.world.painted == []
        assert (fix.plan.id, fix.status) == ("P2", PlanStatus.AWAITING)
        assert fix.plan.steps[0].dry_run.changes[0].before == "yellow"
        await house.decide()
        await house.work()
        assert house.world.painted == ["paint hall green"]

    async def test_after_three_plans_a_person_takes_over(self, house: House) -> None:
        await house.approved()
        for colour in ("yellow", "white", "black"):
            house.world.lamps["hall"] = colour
            await house.work()
            if (await house.fix()).status is PlanStatus.AWAITING:
                await house.decide()
        await house.work()
        incident = await house.incident()
        assert len(incident.fixes) == 3
        assert incident.calls[-1].reason == "3 plans were made and none helped"
        assert house.world.painted == []

    @pytest.mark.invariant(11)
    async def test_a_tool_that_means_something_else_now_asks_again(self, house: House) -> None:
        await house.approved()
        tools = (Look, PaintLampAnew, CreateTicket, UpdateTicket)
        newer = House(house.redis, world=house.world, clock=house.clock, tools=tools)
        await newer.later(16)
        first = (await newer.incident()).plans["P1"]
        assert first.void is not None
        assert first.void.reason == "paint is version 2 now, the plan was made with 1"
        assert (await newer.fix()).plan.steps[0].version == 2
        assert house.world.painted == []

    @pytest.mark.parametrize(
        ("rule", "words"),
        [
            ({"id": "never", "then": "deny"}, "policy says deny now: rule 'never'"),
            ({"id": "never", "then": "escalate"}, "policy says escalate now: rule 'never'"),
            ({"id": "other", "then": "ask"}, "rule 'other' decides it now"),
        ],
    )
    @pytest.mark.invariant(11)
    async def test_a_policy_that_changed_since_the_click_is_heeded(
        self, house: House, rule: dict[str, Any], words: str
    ) -> None:
        await house.approved()
        changed = House(
            house.redis,
            world=house.world,
            clock=house.clock,
            policy=rules({"effects": ["write"], **rule}),
        )
        await changed.later(16)
        void = (await changed.incident()).plans["P1"].void
        assert void is not None
        assert void.reason == words
        assert house.world.painted == []

    @pytest.mark.invariant(11)
    async def test_more_approvals_asked_for_since_the_click_are_heeded(self, house: House) -> None:
        one = {"id": "pairs", "effects": ["write"], "then": "ask"}
        first = House(house.redis, policy=rules(one))
        await first.approved()
        second = House(
            house.redis,
            world=first.world,
            clock=first.clock,
            policy=rules({**one, "approvals": 2}),
        )
        await second.later(16)
        void = (await second.incident()).plans["P1"].void
        assert void is not None
        assert void.reason == "policy also asks for 1 of @oncall now"
        assert first.world.painted == []

    @pytest.mark.invariant(11)
    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"approvers": ["@dba"]}, "1 of @dba"),
            ({"approvals": [{"from": ["@oncall"]}, {"from": ["@dba"]}]}, "1 of @dba"),
        ],
    )
    async def test_other_people_asked_for_since_the_click_are_heeded(
        self, house: House, changes: dict[str, Any], words: str
    ) -> None:
        one = {"id": "pairs", "effects": ["write"], "then": "ask"}
        first = House(house.redis, policy=rules(one))
        await first.approved()
        second = House(
            house.redis, world=first.world, clock=first.clock, policy=rules({**one, **changes})
        )
        await second.later(16)
        void = (await second.incident()).plans["P1"].void
        assert void is not None
        assert void.reason == f"policy also asks for {words} now"
        assert first.world.painted == []

    async def test_a_plan_approved_in_time_is_not_stopped_by_the_sla(self, house: House) -> None:
        lamps = INVENTORY.services["lamps"].model_copy(update={"sla_minutes": 20})
        inventory = INVENTORY.model_copy(update={"services": {"lamps": lamps}})
        near = rules().model_copy(update={"escalate_when": EscalateWhen(sla_share=0.5)})
        due = House(house.redis, policy=near, inventory=inventory)
        await due.asked()
        due.clock.advance(11 * 60)
        await due.decide()
        await due.work()
        assert due.world.painted == ["paint hall green"]

    @pytest.mark.invariant(11)
    async def test_a_freeze_that_begins_after_the_click_is_heeded(self, house: House) -> None:
        await house.approved()
        now = house.clock()
        window = {"id": "sale", "from": now, "until": now + timedelta(hours=1), "reason": "sale"}
        frozen = rules().model_copy(update={"freezes": (Freeze.model_validate(window),)})
        later = House(house.redis, world=house.world, clock=house.clock, policy=frozen)
        await later.later(16)
        incident = await later.incident()
        void = incident.plans["P1"].void
        assert void is not None
        assert void.reason == "policy says deny now: sale"
        assert incident.calls[-1].reason == "sale"
        assert house.world.painted == []

    async def test_a_plain_restart_asks_nobody_again(self, house: House) -> None:
        await house.approved()
        again = House(house.redis, world=house.world, clock=house.clock)
        await again.later(16)
        assert house.world.painted == ["paint hall green"]
        assert len((await again.incident()).fixes) == 1


async def read_for(house: House, monkeypatch: pytest.MonkeyPatch, step: int) -> list[str]:
    """The lamps looked at when a worker is told to run that step."""
    read: list[str] = []

    async def look(self: Look, params: Lamp, ctx: Context) -> Evidence:
        read.append(params.lamp)
        raise Unavailable("no light")

    monkeypatch.setattr(Look, "run", look)
    await house.executor.execute(Work.parse(f"INC-1|execute|P1:{step}", house.clock()), "")
    return read


class TestThatCannotStart:
    @pytest.mark.invariant(10)
    async def test_without_a_checkpoint_there_is_no_effect(self, house: House) -> None:
        await house.approved()
        house.world.checkpoint_down = True
        await house.later(1)
        await house.later(301)
        assert house.world.painted == []
        assert "action.started" not in await self.starts_of(house, "P1")
        assert "nothing ran" in (await house.incident()).calls[-1].reason

    async def starts_of(self, house: House, plan_id: str) -> list[str]:
        decisions = await house.ledger.decisions("INC-1")
        return [d.type for d in decisions if getattr(d, "plan_id", None) == plan_id]

    async def test_a_limit_that_is_reached_calls_a_person(self, house: House) -> None:
        rule = {"id": "few", "effects": ["write"], "then": "allow"}
        few = House(house.redis, policy=rules({**rule, "limit": {"count": 1, "per": "1h"}}))
        few.brain.plan = draft("hall", "attic")
        await few.asked()
        incident = await few.incident()
        assert "paint attic green" not in few.world.painted
        assert "limit reached: 1 paint on lamps in 1 h; the next" in incident.calls[-1].reason

    async def test_the_limit_is_that_of_the_rule_for_a_diagnosis_so_sure(
        self, house: House
    ) -> None:
        sure = {"id": "sure", "effects": ["write"], "min_confidence": "high", "then": "allow"}
        limited = {**sure, "limit": {"count": 1, "per": "1h"}}
        few = House(house.redis, policy=rules(limited, *ALLOWING))
        few.brain.plan = draft("hall", "attic")
        await few.asked()
        assert "paint attic green" not in few.world.painted

    @pytest.mark.parametrize(
        ("seconds", "status"), [(299, PlanStatus.READY), (300, PlanStatus.VOID)]
    )
    async def test_a_backend_that_is_away_is_waited_for_five_minutes(
        self, house: House, seconds: float, status: PlanStatus
    ) -> None:
        await house.approved()
        house.world.checkpoint_down = True
        await house.later(seconds)
        assert (await house.fix()).status is status

    @pytest.mark.parametrize(
        ("choice", "step"),
        [("approve", 1), ("reject", 0)],
        ids=["out of its turn", "of a rejected plan"],
    )
    async def test_nothing_is_even_read_for_a_step_that_may_not_start(
        self, house: House, monkeypatch: pytest.MonkeyPatch, choice: str, step: int
    ) -> None:
        house.brain.plan = draft("hall", "attic")
        await house.asked()
        await house.decide(choice)
        assert await read_for(house, monkeypatch, step) == []

    async def test_nor_for_one_that_has_begun(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        house.world.painting = "answer lost"
        await house.approved()
        await house.jobs.run("INC-1|execute|P1:0")
        assert (await house.fix()).steps[0].status is StepStatus.STARTED
        assert await read_for(house, monkeypatch, 0) == []

    async def test_a_refusal_of_the_backend_calls_a_person(self, house: House) -> None:
        await house.approved()
        house.world.painting = "refuses"
        await house.work()
        assert "step 1 failed: not allowed" in (await house.incident()).calls[-1].reason

    @pytest.mark.invariant(7)
    async def test_a_lost_queue_loses_no_work(self, house: House) -> None:
        await house.asked()
        house.queue.broken = True
        await house.decide()
        assert house.queue.items == []
        house.queue.broken = False
        await house.later(16)
        assert house.world.painted == ["paint hall green"]


async def test_a_call_ends_by_the_deadline_that_is_on_disk(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that slept between the two can't send what others have read back by then."""
    called: list[Context] = []

    async def execute(self: PaintLamp, params: Paint, ctx: Context) -> Handle:
        called.append(ctx)
        raise OutcomeUnknown("no answer")

    start = house.executor._start

    async def slowly(*args: Any) -> bool:
        begun = await start(*args)
        house.clock.advance(7)
        return begun

    monkeypatch.setattr(PaintLamp, "execute", execute)
    monkeypatch.setattr(house.executor, "_start", slowly)
    await house.approved()
    await house.work()
    assert [ctx.deadline for ctx in called] == [(await house.fix()).steps[0].deadline]
