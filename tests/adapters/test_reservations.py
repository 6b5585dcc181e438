"""What must be free in the instant an action starts: lease, switches, limits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.adapters import keys
from bot.adapters.redis_controls import RedisControls
from bot.adapters.redis_ledger import RedisLedger
from bot.domain import events as e
from bot.domain.incident import Incident
from bot.domain.ports import (
    BreakerOpenError,
    Claim,
    ConflictError,
    Limit,
    LimitReachedError,
    NotReservedError,
    Reservation,
    StoppedError,
)
from tests.fakes.brakes import resumed, stop
from tests.fakes.story import START, opened


async def committed(
    ledger: RedisLedger, name: str, *commits: Sequence[e.IncidentEvent], **options: Any
) -> Incident:
    incident = await ledger.load(name)
    for events in commits:
        incident = await ledger.commit(incident, events, **options)
    return incident


def claim(fingerprint: str = "fp-1", *, release: bool = False) -> Claim:
    return Claim(fingerprint=fingerprint, starts_at=START, release=release)


def limit(service: str = "etl", *, count: int = 6, seconds: float = 3600) -> Limit:
    text = f"{count} restart_service on {service} in {seconds:g} s"
    return Limit(key=f"change:{service}", count=count, seconds=seconds, text=text)


LIMIT = limit()


async def reserve(ledger: RedisLedger, name: str, **changes: Any) -> Incident:
    """Commit something under a reservation, holding a lease of its own."""
    token = await ledger.acquire(f"lease-{name}", 30)
    given = {"lease": f"lease-{name}", "token": token or "", **changes}
    return await ledger.commit(
        Incident(id=name), [opened()], reservation=Reservation.model_validate(given)
    )


class TestReservations:
    async def test_all_free_it_commits(self, ledger: RedisLedger) -> None:
        assert (await reserve(ledger, "INC-1", switches=("all",), limits=(LIMIT,))).version == 1

    @pytest.mark.invariant(16)
    @pytest.mark.parametrize("token", ["", "another's"])
    async def test_a_lost_lease_refuses(self, ledger: RedisLedger, token: str) -> None:
        with pytest.raises(NotReservedError, match="lease lost"):
            await reserve(ledger, "INC-1", token=token)
        assert not (await ledger.load("INC-1")).exists

    @pytest.mark.invariant(16)
    async def test_an_expired_lease_refuses(self, ledger: RedisLedger, redis: Redis) -> None:
        token = await ledger.acquire("mine", 30)
        await redis.delete(keys.lease("mine"))
        with pytest.raises(NotReservedError, match="lease lost"):
            await reserve(ledger, "INC-1", lease="mine", token=token)

    @pytest.mark.invariant(23)
    @pytest.mark.parametrize("scope", ["all", "etl", "INC-1"])
    async def test_what_is_stopped_does_not_start(
        self, ledger: RedisLedger, controls: RedisControls, scope: str
    ) -> None:
        stands = await controls.stop(stop(scope))
        with pytest.raises(StoppedError) as refused:
            await reserve(ledger, "INC-1", switches=("all", "INC-1", "etl"))
        assert refused.value.stop == stands
        assert not (await ledger.load("INC-1")).exists
        await controls.resume(resumed(scope))
        assert (await reserve(ledger, "INC-2", switches=("all", "INC-1", "etl"))).version == 1

    async def test_what_is_stopped_elsewhere_starts(
        self, ledger: RedisLedger, controls: RedisControls
    ) -> None:
        await controls.stop(stop("billing"))
        assert (await reserve(ledger, "INC-1", switches=("all", "INC-1", "etl"))).version == 1

    @pytest.mark.parametrize("held", ["string", "field"])
    async def test_a_stop_that_cannot_be_read_stops(
        self, ledger: RedisLedger, redis: Redis, held: str
    ) -> None:
        if held == "string":
            await redis.set(keys.STOPS, "all")
        else:
            await redis.hset(keys.STOPS, "all", "{half of")
        with pytest.raises(NotReservedError, match="can't be read"):
            await reserve(ledger, "INC-1", switches=("all",))
        assert not (await ledger.load("INC-1")).exists

    @pytest.mark.invariant(19)
    async def test_an_open_breaker_refuses_what_nobody_approved(
        self, ledger: RedisLedger, redis: Redis
    ) -> None:
        await redis.hset(keys.BREAKERS, "etl", "{}")
        with pytest.raises(BreakerOpenError, match="the breaker of etl is open"):
            await reserve(ledger, "INC-1", breakers=("billing", "etl"))
        assert (await reserve(ledger, "INC-2", breakers=("billing",))).version == 1

    @pytest.mark.invariant(18)
    async def test_of_fifty_at_once_at_a_limit_of_six_six_go_through(
        self, ledger: RedisLedger
    ) -> None:
        answers = await asyncio.gather(
            *(reserve(ledger, f"INC-{i}", limits=(LIMIT,)) for i in range(50)),
            return_exceptions=True,
        )
        assert sum(isinstance(a, Incident) for a in answers) == 6
        refused = [a for a in answers if not isinstance(a, Incident)]
        assert {type(a) for a in refused} == {LimitReachedError}
        assert len(await ledger.open_incidents()) == 6

    async def test_a_limit_that_is_reached_says_when_the_next_is_free(
        self, ledger: RedisLedger, redis: Redis
    ) -> None:
        two = limit(count=2)
        now = time.time()
        oldest, second, last = (now - age for age in (3000, 1800, 60))
        started = {str(at): at * 1000 for at in (oldest, second, last)}
        await redis.zadd(keys.limit(two.key), started)
        with pytest.raises(LimitReachedError) as refused:
            await reserve(ledger, "INC-1", limits=(two,))
        free = datetime.fromtimestamp(second + 3600, UTC).astimezone()
        assert str(refused.value) == (
            f"limit reached: 2 restart_service on etl in 3600 s; the next is free at {free:%H:%M}"
        )

    async def test_of_one_service_takes_nothing_of_anothers(self, ledger: RedisLedger) -> None:
        await reserve(ledger, "INC-1", limits=(limit(count=1),))
        await reserve(ledger, "INC-2", limits=(limit("billing", count=1),))
        with pytest.raises(LimitReachedError, match="on etl"):
            await reserve(ledger, "INC-3", limits=(limit(count=1),))

    @pytest.mark.invariant(18)
    async def test_a_limit_that_cannot_be_read_denies(
        self, ledger: RedisLedger, redis: Redis
    ) -> None:
        await redis.set(keys.limit(LIMIT.key), "not a count")
        with pytest.raises(NotReservedError, match=r"restart_service on etl .* can't be read"):
            await reserve(ledger, "INC-1", limits=(LIMIT,))
        assert not (await ledger.load("INC-1")).exists

    async def test_of_two_limits_the_full_one_refuses_and_neither_is_used(
        self, ledger: RedisLedger, redis: Redis
    ) -> None:
        wide, narrow = LIMIT, limit("billing", count=1)
        await reserve(ledger, "INC-1", limits=(narrow,))
        with pytest.raises(NotReservedError, match="on billing"):
            await reserve(ledger, "INC-2", limits=(wide, narrow))
        assert await redis.zcard(keys.limit(LIMIT.key)) == 0

    async def test_a_limit_is_free_again_once_its_time_is_over(
        self, ledger: RedisLedger, redis: Redis
    ) -> None:
        once, now = limit(count=1), time.time()
        await redis.zadd(keys.limit(once.key), {"before": (now - 3300) * 1000})
        with pytest.raises(LimitReachedError):
            await reserve(ledger, "INC-1", limits=(once,))
        await redis.zadd(keys.limit(once.key), {"before": (now - 3601) * 1000})
        assert (await reserve(ledger, "INC-2", limits=(once,))).exists

    async def test_a_lost_race_takes_nothing_of_a_limit(
        self, ledger: RedisLedger, redis: Redis
    ) -> None:
        await committed(ledger, "INC-1", [opened()])
        with pytest.raises(ConflictError):
            await reserve(ledger, "INC-1", limits=(LIMIT,))
        assert await redis.zcard(keys.limit(LIMIT.key)) == 0


class TestLeases:
    async def test_one_holds_it(self, ledger: RedisLedger) -> None:
        tokens = await asyncio.gather(*(ledger.acquire("work", 30) for _ in range(20)))
        assert sum(token is not None for token in tokens) == 1

    async def test_only_its_holder_extends_and_releases_it(self, ledger: RedisLedger) -> None:
        token = await ledger.acquire("work", 30)
        assert token is not None
        assert await ledger.extend("work", token, 30)
        assert not await ledger.extend("work", "another's", 30)
        await ledger.release("work", "another's")
        assert await ledger.acquire("work", 30) is None
        await ledger.release("work", token)
        assert not await ledger.extend("work", token, 30)
        assert await ledger.acquire("work", 30) is not None
