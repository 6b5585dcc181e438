"""One budget of calls for the workspace: shared by replicas, what is urgent first."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.adapters.redis_slots import RedisSlots
from bot.slack.posting import rates
from bot.slack.posting.rates import NotYetError, Rate, Rates

FEW = Rate(method="chat.update", seconds=0.2, burst=3)


async def taken(of: Rates, rate: Rate, *, urgent: bool = False, place: str = "") -> bool:
    try:
        await of.turn(rate, place, urgent=urgent)
    except NotYetError:
        return False
    return True


def refusal(status: int, **headers: str) -> SlackApiError:
    answer = AsyncSlackResponse(
        client=None, http_verb="POST", api_url="", req_args={},
        data={"ok": False, "error": "ratelimited"}, headers=headers, status_code=status,
    )  # fmt: skip
    return SlackApiError("no", answer)  # type: ignore[no-untyped-call]


async def raising(error: Exception) -> Any:
    raise error


@pytest.mark.parametrize(
    ("rate", "most"),
    [
        (rates.EDIT, 40),
        (rates.STREAM_START, 20),
        (rates.STREAM_STOP, 20),
        (rates.STREAM_APPEND, 100),
        (rates.REPLIES, 50),
        (rates.HISTORY, 50),
        (rates.POST, 61),
    ],
    ids=lambda given: given.method if isinstance(given, Rate) else "",
)
def test_a_burst_and_a_minute_stay_within_slacks_tier(rate: Rate, most: int) -> None:
    assert rate.burst + 60 / rate.seconds <= most


async def test_two_replicas_share_a_budget_and_each_place_has_its_own(redis: Redis) -> None:
    one, other = Rates(RedisSlots(redis)), Rates(RedisSlots(redis))
    assert await taken(one, rates.POST, place="C1")
    assert not await taken(other, rates.POST, place="C1")
    assert await taken(other, rates.POST, place="C2")


async def test_what_is_urgent_may_use_what_was_saved_and_is_counted_all_the_same(
    redis: Redis,
) -> None:
    budget = Rates(RedisSlots(redis))
    assert [await taken(budget, FEW, urgent=True) for _ in range(4)] == [True, True, True, False]
    assert not await taken(budget, FEW)
    await asyncio.sleep(0.25)
    assert not await taken(budget, FEW), "what is not urgent waits until all is made up for"
    assert await taken(budget, FEW, urgent=True)


async def test_what_is_urgent_goes_before_all_that_has_waited_longer(redis: Redis) -> None:
    budget = Rates(RedisSlots(redis))
    single = FEW.model_copy(update={"burst": 1})
    order: list[str] = []

    async def wants(name: str, *, urgent: bool) -> None:
        while not await taken(budget, single, urgent=urgent):  # noqa: ASYNC110 - it is asked of Redis
            await asyncio.sleep(0.01)
        order.append(name)

    assert await taken(budget, single)
    async with asyncio.TaskGroup() as tasks:
        for number in range(3):
            tasks.create_task(wants(f"slow {number}", urgent=False))
        await asyncio.sleep(0.05)
        for number in range(2):
            tasks.create_task(wants(f"urgent {number}", urgent=True))
    assert sorted(order[:2]) == ["urgent 0", "urgent 1"]


async def test_a_429_pauses_its_method_for_every_replica_and_every_place(redis: Redis) -> None:
    one, other = Rates(RedisSlots(redis)), Rates(RedisSlots(redis))
    with pytest.raises(NotYetError) as told:
        await one.answer(rates.POST, raising(refusal(429, **{"Retry-After": "7"})))
    assert told.value.seconds == 7
    with pytest.raises(NotYetError) as waits:
        await other.turn(rates.POST, "C9", urgent=True)
    assert 6 < waits.value.seconds <= 7
    assert await taken(other, rates.EDIT), "another method goes on"


async def test_another_refusal_is_its_callers(redis: Redis) -> None:
    budget = Rates(RedisSlots(redis))
    with pytest.raises(SlackApiError):
        await budget.answer(rates.POST, raising(refusal(200)))
    assert await taken(budget, rates.POST, place="C1")


async def test_what_a_slack_lacks_is_remembered_for_all_replicas(redis: Redis) -> None:
    one, other = RedisSlots(redis), RedisSlots(redis)
    assert not await other.lacks("plan")
    await one.lacking("plan")
    assert await other.lacks("plan")
    assert not await other.lacks("chat.startStream")
