"""What must be free in the instant an action starts: lease, switches, limits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.adapters import keys
from bot.adapters.redis_ledger import RedisLedger
from bot.domain import events as e
from bot.domain.incident import Incident
from bot.domain.ports import Claim, ConflictError, Limit, NotReservedError, Reservation
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


LIMIT = Limit(key="change:all", count=6, seconds=3600)


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
    async def test_a_set_switch_refuses_with_its_words(
        self, ledger: RedisLedger, redis: Redis
    ) -> None:
        await redis.set(keys.switch("all"), "stopped by U1")
        with pytest.raises(NotReservedError, match="stopped by U1"):
            await reserve(ledger, "INC-1", switches=("all",))
        await redis.delete(keys.switch("all"))
        assert (await reserve(ledger, "INC-2", switches=("all",))).version == 1

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
        assert {str(a) for a in refused} == {"limit reached: 6 in 3600 s for change:all"}
        assert len(await ledger.open_incidents()) == 6

    async def test_of_two_limits_the_full_one_refuses_and_neither_is_used(
        self, ledger: RedisLedger, redis: Redis
    ) -> None:
        wide, narrow = LIMIT, Limit(key="narrow", count=1, seconds=60)
        await reserve(ledger, "INC-1", limits=(narrow,))
        with pytest.raises(NotReservedError, match="narrow"):
            await reserve(ledger, "INC-2", limits=(wide, narrow))
        assert await redis.zcard(keys.limit("change:all")) == 0

    async def test_a_limit_is_free_again_once_its_time_is_over(self, ledger: RedisLedger) -> None:
        short = Limit(key="short", count=1, seconds=0.05)
        await reserve(ledger, "INC-1", limits=(short,))
        with pytest.raises(NotReservedError):
            await reserve(ledger, "INC-2", limits=(short,))
        await asyncio.sleep(0.06)
        await reserve(ledger, "INC-3", limits=(short,))

    async def test_a_lost_race_takes_nothing_of_a_limit(
        self, ledger: RedisLedger, redis: Redis
    ) -> None:
        await committed(ledger, "INC-1", [opened()])
        with pytest.raises(ConflictError):
            await reserve(ledger, "INC-1", limits=(LIMIT,))
        assert await redis.zcard(keys.limit("change:all")) == 0


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
