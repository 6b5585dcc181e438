"""Alertmanager's silence is an incident: told once, ended when it is heard again."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.adapters.redis_watch import RedisWatch
from bot.domain.values import Alert, Status
from bot.incidents.intake import Intake
from bot.incidents.watchdog import Watchdog
from tests.fakes.house import INVENTORY, House
from tests.fakes.story import alert

LIMIT = 300.0


class Keeper:
    """A house with a watchdog, and a look at it every 10 seconds while it stands."""

    def __init__(self, house: House, **options: Any) -> None:
        self.house = house
        self.watchdog = Watchdog(
            RedisWatch(house.redis),
            house.inbox,
            house.ledger,
            house.clock,
            **{"seconds": LIMIT, **options},
        )
        house.intake = Intake(house.inbox, house.incidents, INVENTORY, hear=self.watchdog.hear)

    async def passes(self, seconds: float) -> None:
        for _ in range(int(seconds / 10)):
            self.house.clock.advance(10)
            await self.watchdog.check()
        await self.house.receive()

    async def signs(self, seconds: float) -> None:
        """One sign of life a minute for so long."""
        for _ in range(int(seconds / 60)):
            await self.house.receive(sign())
            await self.passes(60)

    async def incidents(self) -> list[str]:
        """All there ever were, newest first."""
        return await self.house.ledger.recent_incidents(99)


def sign(**changes: Any) -> Alert:
    given: dict[str, Any] = {"labels": {"alertname": "Watchdog", "cluster": "eu"}, "service": ""}
    return alert("alertmanager:watch", **{**given, **changes})


@pytest.fixture
async def keeper(house: House) -> Keeper:
    made = Keeper(house)
    await made.watchdog.check()
    return made


async def test_the_alert_that_always_fires_opens_nothing(keeper: Keeper) -> None:
    await keeper.signs(600)
    assert await keeper.incidents() == []


async def test_its_silence_is_one_incident(keeper: Keeper) -> None:
    await keeper.signs(600)
    last = (keeper.house.clock.now - timedelta(seconds=60)).astimezone()
    await keeper.passes(LIMIT - 60)
    assert await keeper.incidents() == []
    await keeper.passes(3600)
    assert await keeper.incidents() == ["INC-1"]
    incident = await keeper.house.incident()
    assert incident.title == (
        f"Alertmanager has been silent since {last:%H:%M}: alerts may not reach us"
    )
    assert (incident.source, incident.severity) == ("opsbot", "sev2")
    [told] = incident.alerts.values()
    assert (told.labels["cluster"], told.starts_at) == ("eu", last)


async def test_it_is_over_when_it_is_heard_again_and_the_next_silence_is_another(
    keeper: Keeper,
) -> None:
    await keeper.signs(60)
    await keeper.passes(LIMIT)
    await keeper.signs(60)
    assert (await keeper.house.incident()).status is Status.RESOLVED
    await keeper.passes(LIMIT + 60)
    assert await keeper.house.ledger.open_incidents() == ["INC-2"]


async def test_one_that_was_resolved_is_no_sign_of_life(keeper: Keeper) -> None:
    await keeper.signs(60)
    for _ in range(6):
        await keeper.house.receive(sign(status="resolved"))
        await keeper.passes(60)
    assert await keeper.incidents() == ["INC-1"]


async def test_where_none_ever_came_none_is_missed(keeper: Keeper) -> None:
    await keeper.passes(3600)
    assert await keeper.incidents() == []


async def test_one_that_is_expected_is_missed_from_the_start(house: House) -> None:
    keeper = Keeper(house, expected=True)
    await keeper.watchdog.check()
    await keeper.passes(LIMIT + 10)
    assert await keeper.incidents() == ["INC-1"]
    await keeper.signs(60)
    assert (await house.incident()).status is Status.RESOLVED


async def test_each_cluster_has_its_own(keeper: Keeper) -> None:
    other = sign().model_copy(update={"fingerprint": "alertmanager:other"})
    await keeper.house.receive(other)
    await keeper.signs(600)
    assert await keeper.house.ledger.open_incidents() == ["INC-1"]


async def test_a_restart_neither_forgets_a_silence_nor_tells_it_again(keeper: Keeper) -> None:
    await keeper.signs(60)
    await keeper.passes(LIMIT - 60)
    await Keeper(keeper.house).passes(120)
    assert await keeper.incidents() == ["INC-1"]
    await Keeper(keeper.house).passes(120)
    assert await keeper.incidents() == ["INC-1"]


async def test_while_no_opsbot_ran_the_silence_was_ours(keeper: Keeper) -> None:
    await keeper.signs(60)
    keeper.house.clock.advance(1800)
    await keeper.passes(LIMIT - 10)
    assert await keeper.incidents() == []
    await keeper.passes(30)
    assert await keeper.incidents() == ["INC-1"]


async def test_many_replicas_tell_one_silence(keeper: Keeper) -> None:
    await keeper.signs(60)
    replicas = [Keeper(House(keeper.house.redis, clock=keeper.house.clock)) for _ in range(4)]
    for _ in range(40):
        keeper.house.clock.advance(10)
        await asyncio.gather(*(replica.watchdog.check() for replica in replicas))
    await keeper.house.receive()
    assert await keeper.incidents() == ["INC-1"]


async def test_one_told_by_a_process_that_died_before_it_noted_so_is_one_incident(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(*_: object) -> None:
        raise ConnectionError("killed")

    await keeper.signs(60)
    await keeper.passes(LIMIT - 60)
    keeper.house.clock.advance(10)
    with monkeypatch.context() as crash, pytest.raises(ConnectionError):
        crash.setattr(RedisWatch, "silence", dies)
        await keeper.watchdog.check()
    await keeper.passes(60)
    assert await keeper.incidents() == ["INC-1"]
