"""Killed at any point, an agent goes on where it was: nothing is paid or looked at twice."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis

from bot.agent.budget import BudgetSpentError
from bot.domain import events as e
from bot.sandbox.model import Call
from tests.fakes.agency import Agency
from tests.fakes.models import Provider, calls, concluding, oracle
from tests.fakes.mortality import dies_at, killed

pytestmark = pytest.mark.timeout(30)

LOOK_A = Call("measure", {"gauge": "a", "minutes": 5})
LOOK_B = Call("measure", {"gauge": "b", "minutes": 5})
PAINT = Call("paint", {"lamp": "hall", "colour": "green"})
PAINT_ATTIC = Call("paint", {"lamp": "attic", "colour": "green"})
END = concluding("a jumped", "t1.1", "t1.2")


async def test_killed_before_its_turn_is_saved_it_asks_for_that_turn_once_more(
    redis: Redis, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    dies_at("P1", monkeypatch)
    async with oracle(provider, calls(LOOK_A, LOOK_B), calls(LOOK_A, LOOK_B), END) as asked:
        agency = Agency(redis, asked.model)
        await killed(agency.work())
        assert (await agency.turns(), agency.gauges.read) == (0, [])
        await agency.work()
        assert asked.asked == 3
        assert sorted(agency.gauges.read) == ["a", "b"]
        assert asked.server.requests[0].body == asked.server.requests[1].body


async def test_a_turn_that_was_lost_is_paid_for_all_the_same(
    redis: Redis, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    dies_at("P1", monkeypatch)
    async with oracle(provider, concluding(), concluding()) as asked:
        agency = Agency(redis, asked.model)
        await killed(agency.work())
        once = await agency.spent()
        await agency.work()
        assert once > 0
        assert await agency.spent() > once


async def test_killed_once_its_turn_is_saved_it_asks_for_nothing_twice(
    redis: Redis, provider: Provider
) -> None:
    async with oracle(provider, calls(LOOK_A, LOOK_B), END) as asked:
        agency = Agency(redis, asked.model)
        agency.ledger.dies_after = lambda event: isinstance(event, e.TurnTaken)
        await killed(agency.work())
        assert agency.gauges.read == []
        agency.ledger.dies_after = lambda event: False
        end = await agency.work()
        assert asked.asked == 2
        assert end.hypotheses[0].supported_by == ["t1.1", "t1.2"]


async def test_killed_between_two_reads_it_takes_only_the_one_that_is_missing(
    redis: Redis, provider: Provider
) -> None:
    async with oracle(provider, calls(LOOK_A, LOOK_B), END) as asked:
        agency = Agency(redis, asked.model)
        agency.gauges.says = {"a": "9000 rpm", "b": "12 rpm"}
        agency.ledger.dies_after = lambda event: (
            isinstance(event, e.EvidenceRecorded) and event.id == "t1.1"
        )
        agency.gauges.meet = _SlowerThanDeath(agency)
        await killed(agency.work())
        agency.gauges.meet = None
        assert await agency.evidence() == ["t1.1"]
        agency.gauges.read.clear()
        agency.ledger.dies_after = lambda event: False
        await agency.work()
        assert agency.gauges.read == ["b"]
        assert await agency.evidence() == ["t1.1", "t1.2"]
        assert asked.asked == 2
        assert "9000 rpm" in asked.sent
        assert "12 rpm" in asked.sent


async def test_killed_once_its_results_are_saved_it_only_asks_for_the_next_turn(
    redis: Redis, provider: Provider
) -> None:
    async with oracle(provider, calls(LOOK_A, LOOK_B), END) as asked:
        agency = Agency(redis, asked.model)
        agency.ledger.dies_after = lambda event: isinstance(event, e.ResultsGiven)
        await killed(agency.work())
        agency.gauges.read.clear()
        agency.ledger.dies_after = lambda event: False
        await agency.work()
        assert agency.gauges.read == []
        assert asked.asked == 2


async def test_killed_with_its_end_saved_it_comes_to_the_same_end_for_nothing(
    redis: Redis, provider: Provider
) -> None:
    async with oracle(provider, calls(LOOK_A, LOOK_B), END) as asked:
        agency = Agency(redis, asked.model)
        first = await agency.work()
        again = await agency.work()
        assert again == first
        assert asked.asked == 2


async def test_what_was_proposed_survives_in_its_order(redis: Redis, provider: Provider) -> None:
    async with oracle(
        provider, calls(PAINT, LOOK_A), calls(PAINT_ATTIC, PAINT), concluding("a", "t1.2")
    ) as asked:
        agency = Agency(redis, asked.model)
        seen = 0

        def second_turn(event: e.WorkEvent) -> bool:
            nonlocal seen
            seen += isinstance(event, e.TurnTaken)
            return seen == 2

        agency.ledger.dies_after = second_turn
        await killed(agency.work())
        agency.ledger.dies_after = lambda event: False
        await agency.work()
        assert agency.proposed == ["paint hall", "paint attic"]
        assert agency.world.effects == []


async def test_a_proposal_that_was_refused_is_not_made_after_all(
    redis: Redis, provider: Provider
) -> None:
    wrong = Call("paint", {"lamp": "hall"})
    async with oracle(provider, calls(wrong, LOOK_A), concluding("a", "t1.2")) as asked:
        agency = Agency(redis, asked.model)
        agency.ledger.dies_after = lambda event: isinstance(event, e.ResultsGiven)
        await killed(agency.work())
        agency.ledger.dies_after = lambda event: False
        await agency.work()
        assert agency.proposed == []


async def test_a_proposal_of_a_tool_that_is_gone_after_a_deploy_is_dropped(
    redis: Redis, provider: Provider
) -> None:
    async with oracle(provider, calls(PAINT, LOOK_A), concluding("a", "t1.2")) as asked:
        agency = Agency(redis, asked.model)
        agency.ledger.dies_after = lambda event: isinstance(event, e.ResultsGiven)
        await killed(agency.work())
        agency.ledger.dies_after = lambda event: False
        agency.may_propose = False
        await agency.work()
        assert agency.proposed == []


async def test_the_minutes_go_on_counting_across_a_death(redis: Redis, provider: Provider) -> None:
    async with oracle(provider, calls(LOOK_A), concluding()) as asked:
        agency = Agency(redis, asked.model)
        agency.ledger.dies_after = lambda event: isinstance(event, e.ResultsGiven)
        await killed(agency.work())
        agency.ledger.dies_after = lambda event: False
        agency.clock.advance(601)
        with pytest.raises(BudgetSpentError, match="10 minutes"):
            await agency.work()
        assert asked.asked == 1


async def test_two_agents_of_one_incident_keep_their_memories_apart(
    redis: Redis, provider: Provider
) -> None:
    async with oracle(
        provider,
        calls(LOOK_A),
        concluding("one", "db/t1.1"),
        calls(LOOK_B),
        concluding("two", "api/t1.1"),
    ) as asked:
        one = Agency(redis, asked.model, agent="db", prefix="db/")
        two = Agency(redis, asked.model, agent="api", prefix="api/")
        first, second = await one.work(), await two.work()
        assert (first.hypotheses[0].cause, second.hypotheses[0].cause) == ("one", "two")
        assert await one.evidence() == ["db/t1.1", "api/t1.1"]


class _SlowerThanDeath(asyncio.Barrier):
    """Gauge b has not answered when its reader dies."""

    def __init__(self, agency: Agency) -> None:
        super().__init__(1)
        self._agency = agency

    async def wait(self) -> int:
        if self._agency.gauges.read[-1] == "b":
            await asyncio.Event().wait()
        return 0
