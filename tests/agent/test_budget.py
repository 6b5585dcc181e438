"""What an investigation may cost: at a limit it ends with words for people, and never beyond."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis

from bot.adapters.redis_spending import RedisSpending
from bot.agent.budget import Budget, BudgetSpentError, Spending
from bot.sandbox.model import Answer, Call, Turn
from tests.fakes.agency import Agency
from tests.fakes.models import Provider, calls, concluding, oracle

LOOK = Call("measure", {"gauge": "a", "minutes": 5})
DAY = "2026-11-23"
ROOMY = Budget(dollars_incident=1_000, dollars_day=1_000)


async def test_the_last_turn_that_is_left_has_to_be_the_end(
    redis: Redis, provider: Provider
) -> None:
    async with oracle(provider, calls(LOOK), calls(LOOK), concluding()) as asked:
        await Agency(redis, asked.model, Budget(turns=3)).work()
        forced = [
            "call of conclude" in str(x.body) or "tool_choice" in x.body
            for x in asked.server.requests
        ]
        assert forced == [False, False, True]


async def test_who_does_not_end_even_then_is_ended(redis: Redis, provider: Provider) -> None:
    async with oracle(provider, Turn(calls(LOOK), times=None)) as asked:
        agency = Agency(redis, asked.model, Budget(turns=3))
        with pytest.raises(BudgetSpentError, match="3 turns are used up"):
            await agency.work()
        assert asked.asked == 3
        assert await agency.evidence() == ["t1.1", "t2.1", "t3.1"]


async def test_tokens_are_counted_over_all_turns(redis: Redis, provider: Provider) -> None:
    script = [Turn(Answer(calls=(LOOK,), output_tokens=600), times=None)]
    async with oracle(provider, *script) as asked:
        agency = Agency(redis, asked.model, Budget(tokens=1_200))
        with pytest.raises(BudgetSpentError, match="1200 tokens are used up"):
            await agency.work()
        assert asked.asked < 3


async def test_minutes_are_counted_from_the_first_word(redis: Redis, provider: Provider) -> None:
    async with oracle(provider, calls(LOOK), concluding()) as asked:
        agency = Agency(redis, asked.model, Budget(minutes=2))
        await agency.ledger.note("INC-1")
        agency.gauges.meet = _Late(agency)
        with pytest.raises(BudgetSpentError, match="2 minutes are used up"):
            await agency.work()
        assert asked.asked == 1


@pytest.mark.parametrize(
    ("budget", "words"),
    [
        (Budget(dollars_incident=0), r"\$0 for this incident"),
        (Budget(dollars_day=0), r"\$0 for today"),
    ],
)
async def test_without_money_nothing_is_asked(
    redis: Redis, provider: Provider, budget: Budget, words: str
) -> None:
    async with oracle(provider, concluding()) as asked:
        with pytest.raises(BudgetSpentError, match=words):
            await Agency(redis, asked.model, budget).work()
        assert asked.asked == 0


async def test_a_turn_that_failed_costs_nothing(redis: Redis, provider: Provider) -> None:
    async with oracle(provider, Answer(status=401, error="no")) as asked:
        agency = Agency(redis, asked.model)
        with pytest.raises(Exception, match="key"):
            await agency.work()
        assert await agency.spent() == pytest.approx(0)


async def test_fifty_agents_at_once_never_spend_more_than_the_day_allows(redis: Redis) -> None:
    """A turn may cost 0.04 dollars at most, so no more than twelve of fifty are under way."""
    script = [Turn(Answer(calls=(LOOK,), output_tokens=1_500), times=None)]
    budget = Budget(dollars_day=0.5, turns=4)
    async with oracle("claude", *script) as asked:
        agents = [Agency(redis, asked.model, budget, incident=f"INC-{n}") for n in range(50)]
        ends = await asyncio.gather(*(a.work() for a in agents), return_exceptions=True)
        assert all(isinstance(end, BudgetSpentError) for end in ends)
        spent = sum([await a.spent() for a in agents])
        day = float(await redis.get(f"opsbot:spent:{agents[0].clock():%Y-%m-%d}") or 0)
        assert 0 < spent <= 0.5
        assert day == pytest.approx(spent)
        priced = [asked.model.price.output * 1_500 / 1e6] * asked.asked
        assert sum(priced) <= 0.5


async def test_of_fifty_reservations_at_once_only_those_within_the_limit_are_taken(
    redis: Redis,
) -> None:
    spending = RedisSpending(redis)
    budget = Budget(dollars_incident=10, dollars_day=1)
    answers = await asyncio.gather(
        *(spending.reserve(f"INC-{n}", 0.1, budget, DAY) for n in range(50))
    )
    assert sum(answer is None for answer in answers) in (9, 10)
    assert {answer for answer in answers if answer} == {"the budget of $1 for today is spent"}


async def test_what_is_put_back_can_be_taken_again(redis: Redis) -> None:
    spending: Spending = RedisSpending(redis)
    budget = Budget(dollars_incident=1, dollars_day=100)
    assert await spending.reserve("INC-1", 0.9, budget, DAY) is None
    assert await spending.reserve("INC-1", 0.9, budget, DAY)
    await spending.settle("INC-1", 0.9, 0.1, DAY)
    assert await spending.reserve("INC-1", 0.85, budget, DAY) is None


async def test_another_day_has_a_budget_of_its_own(redis: Redis) -> None:
    spending = RedisSpending(redis)
    budget = Budget(dollars_incident=100, dollars_day=1)
    assert await spending.reserve("INC-1", 1, budget, DAY) is None
    assert await spending.reserve("INC-2", 1, budget, DAY)
    assert await spending.reserve("INC-2", 1, budget, "2026-11-24") is None


class _Late(asyncio.Barrier):
    """Reading takes three minutes."""

    def __init__(self, agency: Agency) -> None:
        super().__init__(1)
        self._agency = agency

    async def wait(self) -> int:
        self._agency.clock.advance(180)
        return 0
