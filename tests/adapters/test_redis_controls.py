"""Stops and breakers: who set them, what they count, and the record of every change."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis

from bot.adapters import keys
from bot.adapters.redis_controls import RedisControls
from bot.adapters.redis_ledger import RedisLedger
from bot.domain import events as e
from bot.domain.incident import Incident
from bot.domain.ports import ConflictError, Failure
from bot.sandbox.valkey import EmbeddedValkey
from tests.fakes.brakes import reset, resumed, stop, tripped
from tests.fakes.story import opened


def failure(action: str, service: str = "etl", **changes: float) -> Failure:
    given = {"action": action, "count": 3, "seconds": 3600, "trip": tripped(service), **changes}
    return Failure.model_validate(given)


async def fails(ledger: RedisLedger, *failures: Failure, name: str = "INC-1") -> Incident:
    """A commit that records these failures."""
    return await ledger.commit(await ledger.load(name), [opened()], failures=failures)


class TestStops:
    async def test_the_first_stop_stands_and_each_change_is_recorded_once(
        self, controls: RedisControls
    ) -> None:
        answers = await asyncio.gather(*(controls.stop(stop(name=f"M{n}")) for n in range(20)))
        assert len({answer.name for answer in answers}) == 1
        assert await controls.stopped() == {"all": answers[0]}
        assert await controls.resume(resumed()) == answers[0]
        assert await controls.resume(resumed()) is None
        assert await controls.stopped() == {}
        assert await controls.history() == [answers[0], resumed()]

    async def test_scopes_are_stopped_and_resumed_apart(self, controls: RedisControls) -> None:
        for scope in ("all", "etl", "billing"):
            await controls.stop(stop(scope))
        await controls.resume(resumed("all"))
        assert set(await controls.stopped()) == {"etl", "billing"}

    @pytest.mark.invariant(23)
    async def test_a_stop_outlives_a_server_killed_at_once(
        self, controls: RedisControls, valkey: EmbeddedValkey
    ) -> None:
        await controls.stop(stop("etl"))
        valkey.kill()
        await valkey.start()
        assert await controls.stopped() == {"etl": stop("etl")}
        assert await controls.history() == [stop("etl")]

    async def test_an_incidents_own_is_set_and_lifted_with_its_decision(
        self, controls: RedisControls, ledger: RedisLedger
    ) -> None:
        first = await ledger.commit(Incident(id="INC-1"), [opened()], controls=[stop("INC-1")])
        assert await controls.stopped() == {"INC-1": stop("INC-1")}
        with pytest.raises(ConflictError):
            await ledger.commit(Incident(id="INC-1"), [opened()], controls=[resumed("INC-1")])
        assert set(await controls.stopped()) == {"INC-1"}
        await ledger.commit(first, [opened()], controls=[resumed("INC-1")])
        assert await controls.history() == [stop("INC-1"), resumed("INC-1")]


class TestBreakers:
    @pytest.mark.invariant(19)
    async def test_as_many_failures_trip_it_once_and_its_incident_is_told(
        self, controls: RedisControls, ledger: RedisLedger
    ) -> None:
        for number in range(5):
            assert ("etl" in await controls.tripped()) == (number > 2)
            await fails(ledger, failure(f"a{number}"))
        assert await controls.history() == [tripped()]
        assert await ledger.work("INC-1") == [tripped()]

    @pytest.mark.invariant(19)
    async def test_failures_at_the_same_time_are_all_counted(
        self, controls: RedisControls, ledger: RedisLedger
    ) -> None:
        names = [f"INC-{n}" for n in range(20)]
        many = (fails(ledger, failure(n, count=20), name=n) for n in names)
        await asyncio.gather(*many)
        assert set(await controls.tripped()) == {"etl"}

    async def test_one_action_counts_once_however_often_it_is_told(
        self, controls: RedisControls, ledger: RedisLedger
    ) -> None:
        for _ in range(4):
            await fails(ledger, failure("a1"), failure("a2"))
        assert await controls.tripped() == {}

    async def test_services_count_apart(self, controls: RedisControls, ledger: RedisLedger) -> None:
        await fails(ledger, failure("a1"), failure("a1", "billing"))
        await fails(ledger, failure("a2"))
        await fails(ledger, failure("a3"))
        assert set(await controls.tripped()) == {"etl"}

    async def test_what_failed_long_ago_is_forgotten(
        self, controls: RedisControls, ledger: RedisLedger
    ) -> None:
        for action in ("a1", "a2"):
            await fails(ledger, failure(action, seconds=0.05))
        await asyncio.sleep(0.06)
        await fails(ledger, failure("a3", seconds=0.05))
        assert await controls.tripped() == {}

    async def test_a_lost_race_counts_nothing(
        self, controls: RedisControls, ledger: RedisLedger
    ) -> None:
        await fails(ledger)
        with pytest.raises(ConflictError):
            await ledger.commit(Incident(id="INC-1"), [opened()], failures=[failure("a", count=1)])
        assert await controls.tripped() == {}

    async def test_a_person_sets_it_back_and_it_counts_anew(
        self, controls: RedisControls, ledger: RedisLedger
    ) -> None:
        assert await controls.reset(reset()) is None
        for action in ("a1", "a2", "a3"):
            await fails(ledger, failure(action))
        assert await controls.reset(reset()) == tripped()
        assert await controls.tripped() == {}
        await fails(ledger, failure("a4"))
        assert await controls.tripped() == {}
        assert await controls.history() == [tripped(), reset()]

    async def test_a_count_that_cannot_be_kept_trips_it_and_the_commit_is_whole(
        self, controls: RedisControls, ledger: RedisLedger, redis: Redis
    ) -> None:
        await redis.set(keys.failed_actions("etl"), "not a count")
        assert (await fails(ledger, failure("a1"))).version == 1
        assert set(await controls.tripped()) == {"etl"}
        assert [type(note) for note in await ledger.work("INC-1")] == [e.BreakerTripped]
        assert await ledger.open_incidents() == ["INC-1"]
