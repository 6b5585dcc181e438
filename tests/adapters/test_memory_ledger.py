"""The ledger that the state machine runs on promises what the one on Valkey does: the same tests.

A test that looks into Redis itself is left out here, and told again below by what anyone can see.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.domain.ports import (
    BreakerOpenError,
    ConflictError,
    LeaseLostError,
    LimitReachedError,
    NotConfirmedError,
)
from tests.adapters import test_redis_controls as controlled
from tests.adapters import test_redis_ledger as on_redis
from tests.adapters import test_reservations as reserved
from tests.adapters.test_redis_controls import fails, failure
from tests.adapters.test_redis_ledger import claim, committed
from tests.adapters.test_reservations import LIMIT, limit, reserve
from tests.fakes.house import StoppedClock
from tests.fakes.memory import Memory, MemoryInbox
from tests.fakes.story import at, diagnosed, opened, resolved, skipped

LOOKS_INTO_REDIS: Any = None


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def memory(clock: StoppedClock) -> Memory:
    return Memory(clock)


@pytest.fixture
def ledger(memory: Memory) -> Any:
    return memory.ledger


@pytest.fixture
def controls(memory: Memory) -> Any:
    return memory.controls


class TestCommits(on_redis.TestCommits):
    test_a_lost_race_leaves_no_trace = LOOKS_INTO_REDIS
    test_a_commit_is_on_disk_where_the_server_syncs_once_a_second = LOOKS_INTO_REDIS

    async def test_a_lost_race_claims_nothing_and_makes_nothing_due(self, ledger: Any) -> None:
        before = await committed(ledger, "INC-1", [opened()])
        await committed(ledger, "INC-1", [skipped("open")])
        due = await ledger.due(at(9999), 10)
        with pytest.raises(ConflictError, match="version is 2"):
            await ledger.commit(before, [diagnosed()], claims=[claim("fp-9")])
        assert await ledger.due(at(9999), 10) == due
        assert await ledger.holder("fp-9") is None


class TestDueWork(on_redis.TestDueWork):
    test_work_of_a_later_release_does_not_hide_our_own = LOOKS_INTO_REDIS


class TestClaims(on_redis.TestClaims):
    test_released_it_is_remembered_and_free = LOOKS_INTO_REDIS

    async def test_released_another_may_take_it(self, ledger: Any) -> None:
        await committed(ledger, "INC-1", [opened()], claims=[claim()])
        await committed(ledger, "INC-1", [resolved()], claims=[claim(release=True)])
        assert (await ledger.holder("fp-1")).open is False
        await committed(ledger, "INC-2", [opened()], claims=[claim()])
        assert (await ledger.holder("fp-1")).incident == "INC-2"


class TestLists(on_redis.TestLists):
    pass


class TestReservations(reserved.TestReservations):
    test_an_expired_lease_refuses = LOOKS_INTO_REDIS
    test_a_stop_that_cannot_be_read_stops = LOOKS_INTO_REDIS
    test_an_open_breaker_refuses_what_nobody_approved = LOOKS_INTO_REDIS
    test_a_limit_that_is_reached_says_when_the_next_is_free = LOOKS_INTO_REDIS
    test_a_limit_that_cannot_be_read_denies = LOOKS_INTO_REDIS
    test_of_two_limits_the_full_one_refuses_and_neither_is_used = LOOKS_INTO_REDIS
    test_a_limit_is_free_again_once_its_time_is_over = LOOKS_INTO_REDIS
    test_a_lost_race_takes_nothing_of_a_limit = LOOKS_INTO_REDIS

    async def test_a_lease_expires(self, ledger: Any, clock: StoppedClock) -> None:
        token = await ledger.acquire("mine", 30)
        clock.advance(30)
        with pytest.raises(LeaseLostError):
            await reserve(ledger, "INC-1", lease="mine", token=token)
        assert await ledger.acquire("mine", 30) is not None

    async def test_an_open_breaker_refuses(self, ledger: Any) -> None:
        await fails(ledger, failure("a1", count=1))
        with pytest.raises(BreakerOpenError, match="the breaker of etl is open"):
            await reserve(ledger, "INC-2", breakers=("billing", "etl"))
        assert (await reserve(ledger, "INC-3", breakers=("billing",))).version == 1

    async def test_what_was_refused_took_nothing_of_a_limit(self, ledger: Any) -> None:
        one, narrow = limit(count=1), limit("billing", count=1)
        await reserve(ledger, "INC-1", limits=(narrow,))
        with pytest.raises(LimitReachedError, match=r"limit reached: 1 .* on billing"):
            await reserve(ledger, "INC-2", limits=(one, narrow))
        with pytest.raises(ConflictError):
            await reserve(ledger, "INC-1", limits=(one,))
        await reserve(ledger, "INC-3", limits=(one,))

    async def test_a_limit_is_free_again_later(self, ledger: Any, clock: StoppedClock) -> None:
        for number in range(LIMIT.count):
            await reserve(ledger, f"INC-{number}", limits=(LIMIT,))
        with pytest.raises(LimitReachedError):
            await reserve(ledger, "INC-8", limits=(LIMIT,))
        clock.advance(LIMIT.seconds)
        await reserve(ledger, "INC-9", limits=(LIMIT,))

    async def test_what_no_disk_confirms_is_there_and_nobody_is_told_so(self, ledger: Any) -> None:
        ledger.unsure = True
        with pytest.raises(NotConfirmedError):
            await reserve(ledger, "INC-1")
        assert (await ledger.load("INC-1")).version == 1
        assert (await committed(ledger, "INC-2", [opened()])).version == 1


class TestStops(controlled.TestStops):
    test_a_stop_outlives_a_server_killed_at_once = LOOKS_INTO_REDIS


class TestBreakers(controlled.TestBreakers):
    test_what_failed_long_ago_is_forgotten = LOOKS_INTO_REDIS
    test_a_count_that_cannot_be_kept_trips_it_and_the_commit_is_whole = LOOKS_INTO_REDIS

    async def test_what_failed_an_hour_ago_is_forgotten(
        self, controls: Any, ledger: Any, clock: StoppedClock
    ) -> None:
        for action in ("a1", "a2"):
            await fails(ledger, failure(action))
        clock.advance(3600)
        await fails(ledger, failure("a3"))
        assert await controls.tripped() == {}


class TestLeases(reserved.TestLeases):
    pass


async def test_an_inbox_keeps_its_order_until_an_alert_is_done() -> None:
    inbox = MemoryInbox()
    await asyncio.gather(*(inbox.put([opened().alert]) for _ in range(3)))
    taken = await inbox.take(2, 0)
    assert [entry for entry, _ in taken] == ["1", "2"]
    await inbox.done("1")
    assert [entry for entry, _ in await inbox.take(9, 0)] == ["2", "3"]
