"""What was missed is made up; what ended unheard is cleared, and only if that is sure."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.adapters.redis_standing import RedisStanding
from bot.domain.ports import Standing
from bot.domain.values import Alert, Status
from bot.incidents.catchup import CatchUp
from tests.fakes.house import House
from tests.fakes.story import alert, at
from tools.kit.errors import Unavailable

EVERY = 180.0
pytestmark = pytest.mark.invariant(3)


class Asked:
    """An Alertmanager that can be asked."""

    source = "alertmanager"

    def __init__(self) -> None:
        self.told: list[Alert] = []
        self.withheld: frozenset[str] = frozenset()
        self.whole = True
        self.down = False
        self.looks = 0

    async def standing(self) -> Standing:
        self.looks += 1
        if self.down:
            raise Unavailable("alertmanager: no connection")
        return Standing(told=tuple(self.told), withheld=self.withheld, whole=self.whole)


class Keeper:
    def __init__(self, house: House) -> None:
        self.house = house
        self.sender = Asked()
        self.catch_up = self.another()

    def another(self) -> CatchUp:
        """One more replica."""
        house = self.house
        return CatchUp(
            [self.sender], house.inbox, house.ledger, RedisStanding(house.redis), house.clock
        )

    async def look(self) -> None:
        """The next slow look, and what comes of it."""
        self.house.clock.advance(EVERY)
        assert await self.catch_up.look(self.sender)
        await self.house.receive()

    async def open(self) -> list[str]:
        return await self.house.ledger.open_incidents()


@pytest.fixture
def keeper(house: House) -> Keeper:
    return Keeper(house)


async def test_what_fires_and_never_came_opens_its_one_incident(keeper: Keeper) -> None:
    keeper.sender.told = [alert()]
    await keeper.look()
    await keeper.look()
    assert await keeper.open() == ["INC-1"]
    await keeper.house.receive(alert())
    assert await keeper.house.ledger.recent_incidents(9) == ["INC-1"]


async def test_what_is_known_is_not_put_in_again(keeper: Keeper) -> None:
    await keeper.house.receive(alert())
    keeper.sender.told = [alert()]
    keeper.house.clock.advance(EVERY)
    await keeper.catch_up.look(keeper.sender)
    assert await keeper.house.inbox.take(9, 0.001) == []


async def test_what_was_resolved_here_is_not_opened_again_while_it_still_fires_there(
    keeper: Keeper,
) -> None:
    await keeper.house.receive(alert(), alert(status="resolved", ends_at=at(9)))
    keeper.sender.told = [alert()]
    await keeper.look()
    assert await keeper.open() == []
    keeper.sender.told = [alert(starts_at=at(600))]
    await keeper.look()
    assert await keeper.open() == ["INC-2"]


async def test_the_watchdog_there_is_no_sign_that_webhooks_arrive(keeper: Keeper) -> None:
    keeper.sender.told = [alert("w", labels={"alertname": "Watchdog"})]
    await keeper.catch_up.look(keeper.sender)
    assert await keeper.house.inbox.take(9, 0.001) == []


async def test_what_is_silenced_there_is_neither_opened_nor_over(keeper: Keeper) -> None:
    keeper.sender.told = [alert()]
    await keeper.look()
    keeper.sender.told, keeper.sender.withheld = [], frozenset({"fp-1", "fp-2"})
    for _ in range(3):
        await keeper.look()
    assert await keeper.open() == ["INC-1"]


async def test_what_two_answers_lack_is_over(keeper: Keeper) -> None:
    keeper.sender.told = [alert()]
    await keeper.look()
    keeper.sender.told = []
    await keeper.look()
    assert await keeper.open() == ["INC-1"]
    await keeper.look()
    assert (await keeper.house.incident()).status is Status.RESOLVED


async def test_what_comes_back_between_the_two_is_not_over(keeper: Keeper) -> None:
    for told in ([alert()], [], [alert()], []):
        keeper.sender.told = told
        await keeper.look()
    assert await keeper.open() == ["INC-1"]


async def test_two_replicas_that_start_together_are_not_two_answers(keeper: Keeper) -> None:
    keeper.sender.told = [alert()]
    await keeper.look()
    keeper.sender.told = []
    for _ in range(4):
        keeper.house.clock.advance(2)
        await keeper.another().look(keeper.sender, at_once=True)
    await keeper.house.receive()
    assert await keeper.open() == ["INC-1"]


@pytest.mark.parametrize("fault", ["failed", "partial"])
async def test_an_answer_that_failed_or_has_a_gap_clears_nothing(
    keeper: Keeper, fault: str
) -> None:
    keeper.sender.told = [alert()]
    await keeper.look()
    keeper.sender.told = []
    keeper.sender.down, keeper.sender.whole = fault == "failed", fault != "partial"
    for _ in range(3):
        keeper.house.clock.advance(EVERY)
        if fault == "failed":
            with pytest.raises(Unavailable):
                await keeper.catch_up.look(keeper.sender)
        else:
            await keeper.catch_up.look(keeper.sender)
    await keeper.house.receive()
    assert await keeper.open() == ["INC-1"]
    keeper.sender.down, keeper.sender.whole = False, True
    await keeper.look()
    assert await keeper.open() == ["INC-1"]


async def test_a_partial_answer_is_no_second_one(keeper: Keeper) -> None:
    keeper.sender.told = [alert()]
    await keeper.look()
    keeper.sender.told = []
    await keeper.look()
    keeper.sender.whole = False
    for _ in range(3):
        await keeper.look()
    assert await keeper.open() == ["INC-1"]


@pytest.mark.parametrize("changes", [{}, {"source": "generic"}], ids=["unseen there", "another's"])
async def test_what_this_sender_never_held_is_not_its_to_end(
    keeper: Keeper, changes: dict[str, Any]
) -> None:
    await keeper.house.receive(alert(**changes))
    for _ in range(4):
        await keeper.look()
    assert await keeper.open() == ["INC-1"]


async def test_one_replica_looks_and_a_start_looks_at_once(keeper: Keeper) -> None:
    replicas = [keeper.another() for _ in range(4)]
    await asyncio.gather(*(each.look(keeper.sender) for each in replicas))
    for each in replicas:
        await each.look(keeper.sender)
    assert keeper.sender.looks == 1
    await keeper.another().look(keeper.sender, at_once=True)
    assert keeper.sender.looks == 2
