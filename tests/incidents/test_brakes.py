"""A stop holds between any two steps, a breaker takes automatic mode away; people lift both."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel
from redis.asyncio import Redis

from bot.domain.incident import Incident
from bot.domain.plan_state import PlanStatus, StepStatus
from bot.domain.refusals import CommandRefusedError
from bot.domain.values import Status
from bot.incidents.approvals import NotAllowedError
from bot.incidents.brakes import MembersBrakes
from tests.fakes.brakes import HAND, stop, tripped
from tests.fakes.house import APPROVERS, House, draft, rules
from tests.fakes.story import START, alert, at
from tests.fakes.tools import Colour, CreateTicket, Look, Paint, PaintLamp, UpdateTicket, World
from tools.kit.tool import Context

SCOPES = ("all", "lamps", "INC-1")
MANY = {"id": "auto", "effects": ["write"], "then": "allow"}


async def first_of_two(house: House) -> None:
    """Two steps are approved; the first has run and is verified, the second is due."""
    house.brain.plan = draft("hall", "attic")
    await house.approved()
    while (await house.fix()).current == 0:
        await house.jobs.run(house.queue.items.pop(0).key)


async def failed(house: House) -> None:
    """A fix ran and did not help; its undo is due."""
    await house.approved()
    house.world.spoilt = True
    while not (await house.fix()).undoable:
        await house.jobs.run(house.queue.items.pop(0).key)


class TestStops:
    @pytest.mark.invariant(23)
    @pytest.mark.parametrize("scope", SCOPES)
    async def test_in_the_middle_of_a_plan_no_further_step_starts(
        self, house: House, scope: str
    ) -> None:
        await first_of_two(house)
        await house.brakes.stop(scope, HAND)
        await house.later(60)
        assert house.world.painted == ["paint hall green"]
        fix = await house.fix()
        what = "everything" if scope == "all" else scope
        assert fix.void is not None
        assert fix.void.cause == "stopped"
        assert (await house.incident()).calls[-1].reason == (
            f"{what} was stopped by Maya {START.astimezone():%H:%M}: a bad deploy;"
            " of 2 steps 1 had run and stays as it is"
        )
        assert fix.steps[0].status is StepStatus.VERIFIED

    @pytest.mark.invariant(23)
    @pytest.mark.parametrize("scope", SCOPES)
    async def test_before_the_first_step_nothing_runs_and_a_person_is_told_so(
        self, house: House, scope: str
    ) -> None:
        await house.approved()
        await house.brakes.stop(scope, HAND)
        await house.work()
        assert house.world.painted == []
        assert (await house.fix()).status is PlanStatus.VOID
        assert (await house.incident()).calls[-1].reason.endswith(": a bad deploy; nothing ran")

    @pytest.mark.invariant(23)
    async def test_thrown_in_the_last_moment_before_the_start_it_still_holds(
        self, redis: Redis
    ) -> None:
        late = House(redis, tools=(Look, PaintAfter, CreateTicket, UpdateTicket))
        PaintAfter.then = lambda: late.brakes.stop("lamps", HAND)
        await late.approved()
        await late.work()
        assert late.world.painted == []
        assert "action.started" not in await events_of(late, "P1")

    @pytest.mark.invariant(23)
    @pytest.mark.parametrize("scope", SCOPES)
    async def test_a_rollback_is_halted_too_and_a_person_is_told(
        self, house: House, scope: str
    ) -> None:
        await failed(house)
        await house.brakes.stop(scope, HAND)
        await house.work()
        assert house.world.painted == ["paint hall green"]
        assert (await house.fix()).steps[0].status is StepStatus.STUCK
        reason = (await house.incident()).calls[-1].reason
        assert reason.startswith("step 1 could not be undone: ")
        assert "was stopped by Maya" in reason

    @pytest.mark.parametrize("scope", ["bells", "INC-2"])
    async def test_elsewhere_holds_nothing_back(self, house: House, scope: str) -> None:
        await house.approved()
        await house.controls.stop(stop(scope))
        await house.work()
        assert house.world.painted == ["paint hall green"]

    async def test_it_holds_for_workers_that_start_later(self, house: House) -> None:
        await house.approved()
        await house.brakes.stop("all", HAND)
        again = House(house.redis, world=house.world, clock=house.clock)
        await again.later(16)
        assert house.world.painted == []

    async def test_once_resumed_the_plan_can_be_asked_for_again(self, house: House) -> None:
        await house.approved()
        await house.brakes.stop("lamps", HAND)
        await house.work()
        assert await house.brakes.resume("lamps", HAND)
        await house.approvals.ask_again("INC-1", "P1", "U3")
        await house.work()
        await house.decide()
        await house.work()
        assert house.world.painted == ["paint hall green"]

    async def test_of_an_incident_stands_in_it_until_it_is_resumed(self, house: House) -> None:
        await house.asked()
        first = await house.brakes.stop("INC-1", HAND)
        assert await house.brakes.stop("INC-1", HAND.model_copy(update={"name": "Dev"})) == first
        halted = (await house.incident()).stop
        assert halted is not None
        assert (halted.name, halted.reason) == ("Maya", "a bad deploy")
        assert await house.brakes.resume("INC-1", HAND) == (first,)
        assert (await house.incident()).stop is None
        assert await house.brakes.resume("INC-1", HAND) == ()
        changes = [type(change).__name__ for change in await house.controls.history()]
        assert changes == ["Stopped", "Resumed"]

    async def test_of_an_incident_ends_with_it(self, house: House) -> None:
        await house.asked()
        await house.brakes.stop("INC-1", HAND)
        await house.receive(alert(status="resolved"))
        incident = await house.incident()
        assert (incident.status, incident.stop) == (Status.RESOLVED, None)
        assert await house.controls.stopped() == {}
        with pytest.raises(CommandRefusedError, match="INC-1 is resolved"):
            await house.brakes.stop("INC-1", HAND)

    async def test_of_an_incident_leaves_its_books_going(self, house: House) -> None:
        await house.receive(alert())
        await house.brakes.stop("INC-1", HAND)
        await house.work()
        assert house.world.tickets == {"LAMP-1": "open"}

    async def test_of_everything_keeps_no_books(self, house: House) -> None:
        await house.brakes.stop("all", HAND)
        await house.asked()
        assert house.world.effects == []

    @pytest.mark.parametrize(
        ("word", "scope"),
        [
            ("all", "all"),
            ("Everything", "all"),
            ("inc-12", "INC-12"),
            ("lamps", "lamps"),
            ("attic", "lamps"),
            ("once", "once"),
            ("coffee", None),
            ("*", None),
            ("", None),
        ],
    )
    async def test_only_what_is_known_can_be_meant(
        self, house: House, word: str, scope: str | None
    ) -> None:
        await house.controls.stop(stop("once"))
        assert await house.brakes.scope(word) == scope


class TestBreakers:
    @pytest.mark.invariant(19)
    async def test_after_three_failures_a_person_is_asked_until_one_sets_it_back(
        self, redis: Redis
    ) -> None:
        house = House(redis, policy=rules(MANY))
        for number in range(1, 4):
            assert await ran_by_itself(house, number)
        assert set(await house.controls.tripped()) == {"lamps"}
        assert not await ran_by_itself(house, 4)
        reason = (await house.incident("INC-4")).fixes[-1].verdict.reason
        assert reason == "the breaker of lamps is open"
        [lifted] = await house.brakes.resume("lamps", HAND)
        assert lifted.reason == ("3 actions failed or were undone within 1 h, the last in INC-3")
        assert await ran_by_itself(house, 5)

    async def test_the_policy_says_how_many(self, redis: Redis) -> None:
        policy = rules(MANY)
        once = policy.breaker.model_copy(update={"failures": 1})
        house = House(redis, policy=policy.model_copy(update={"breaker": once}))
        assert await ran_by_itself(house, 1)
        assert not await ran_by_itself(house, 2)

    @pytest.mark.invariant(19)
    async def test_it_trips_with_the_outcome_so_that_no_kill_loses_it(self, redis: Redis) -> None:
        house = House(redis, policy=rules(MANY))
        house.world.painting = "refuses"
        for number in range(1, 4):
            assert not await ran_by_itself(house, number)
            told = [type(n).__name__ for n in await house.ledger.work(f"INC-{number}")]
            assert ("BreakerTripped" in told) == (number == 3)

    @pytest.mark.invariant(19)
    async def test_one_that_trips_in_the_last_moment_still_holds_what_nobody_approved(
        self, redis: Redis
    ) -> None:
        house = House(
            redis, policy=rules(MANY), tools=(Look, PaintAfter, CreateTicket, UpdateTicket)
        )

        async def trip() -> None:
            body = tripped("lamps").model_dump_json()
            await redis.hset("opsbot:breakers", "lamps", body)

        PaintAfter.then = trip
        await house.asked()
        assert house.world.painted == []
        incident = await house.incident()
        assert incident.plans["P1"].void is not None
        assert incident.plans["P1"].void.reason == "the breaker of lamps is open"
        assert incident.plans["P2"].status is PlanStatus.AWAITING

    async def test_what_a_person_approved_runs_all_the_same(self, house: House) -> None:
        await house.approved()
        await house.redis.hset("opsbot:breakers", "lamps", tripped("lamps").model_dump_json())
        await house.work()
        assert house.world.painted == ["paint hall green"]


class TestWhoMay:
    @pytest.fixture
    def hands(self, house: House) -> MembersBrakes:
        return MembersBrakes(house.brakes, house.people, APPROVERS)

    @pytest.mark.parametrize(("user", "may"), [("U3", True), ("U1", True), ("G1", False)])
    async def test_any_full_member_stops(
        self, house: House, hands: MembersBrakes, user: str, may: bool
    ) -> None:
        if may:
            assert (await hands.stop("all", user, "why not")).actor == user
        else:
            with pytest.raises(CommandRefusedError, match="only full members"):
                await hands.stop("all", user, "why not")
        assert bool(await house.controls.stopped()) == may

    @pytest.mark.parametrize("user", ["U3", "G1", "B1", "U9"])
    async def test_only_approvers_resume(
        self, house: House, hands: MembersBrakes, user: str
    ) -> None:
        await hands.stop("all", "U3", "why not")
        with pytest.raises(NotAllowedError, match="needs @oncall"):
            await hands.resume("all", user, "enough")
        assert set(await house.controls.stopped()) == {"all"}
        assert await hands.resume("all", "U1", "enough")


async def ran_by_itself(house: House, number: int) -> bool:
    """Another incident opens; whether its fix, which does not help, ran without a person."""
    house.world.spoilt = True
    house.world.lamps["hall"] = "red"
    before = len(house.world.painted)
    await house.receive(alert(f"fp-{number}"))
    await house.work()
    incident: Incident = await house.incident(f"INC-{number}")
    assert incident.fix is not None, "it was folded into another"
    await house.receive(alert(f"fp-{number}", status="resolved"))
    return len(house.world.painted) > before


async def events_of(house: House, plan_id: str) -> list[str]:
    decisions: list[Any] = await house.ledger.decisions("INC-1")
    return [d.type for d in decisions if getattr(d, "plan_id", None) == plan_id]


class PaintAfter(PaintLamp):
    """Paint a lamp, once something else has happened."""

    def __init__(self, world: World) -> None:
        super().__init__(world)

    then: Any = None

    async def checkpoint(self, params: Paint, ctx: Context) -> Colour:
        saved: BaseModel = await super().checkpoint(params, ctx)
        await type(self).then()
        return Colour.model_validate(saved.model_dump())


async def halfway(house: House) -> None:
    """The first of two steps has run, and meanwhile the alert cleared."""
    house.brain.plan = draft("hall", "attic")
    await house.approved()
    while not (await house.fix()).steps[0].landed:
        if not house.queue.items:
            await house.sweeper.sweep()
        await house.jobs.run(house.queue.items.pop(0).key)
    await house.receive(alert(status="resolved", ends_at=at(60)))
    assert (await house.incident()).resolved_at is None


async def test_a_fix_stopped_halfway_after_the_alert_cleared_ends_its_incident(
    house: House,
) -> None:
    await halfway(house)
    await house.brakes.stop("lamps", HAND)
    await house.work()
    assert (await house.incident()).resolved_at is not None
    await house.receive(alert(starts_at=at(9000)))
    assert await house.ledger.open_incidents() == ["INC-2"]


async def test_an_alert_that_fires_again_after_a_fix_that_hangs_calls_a_person(
    house: House,
) -> None:
    await halfway(house)
    house.world.lamps["hall"] = "mauve"
    await house.work()
    await house.later(4000)
    incident = await house.incident()
    assert (incident.resolved_at, incident.fixes[0].live) == (None, False)
    await house.receive(alert(starts_at=at(9000)))
    reasons = [call.reason for call in (await house.incident()).calls]
    assert reasons[-1] == "the alert fires again, after a fix that failed"
