"""From alerts to incidents: folded, correlated, closed, and never lost."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from bot.adapters import keys
from bot.domain.events import AlertRepeated
from bot.domain.plan_state import PlanStatus
from bot.domain.ports import ConflictError
from bot.domain.values import Alert, Status
from bot.incidents.correlate import correlate
from bot.incidents.intake import Intake
from tests.fakes.house import INVENTORY, House
from tests.fakes.story import alert, at, opened, told


def firing(fingerprint: str = "fp-1", since: float = 0, **changes: Any) -> Alert:
    return alert(fingerprint, starts_at=at(since), **changes)


def cleared(fingerprint: str = "fp-1", since: float = 0) -> Alert:
    return alert(fingerprint, status="resolved", starts_at=at(since), ends_at=at(since + 60))


@pytest.mark.invariant(4)
async def test_fifty_deliveries_of_one_alert_at_once_are_one_incident(house: House) -> None:
    others = [House(house.redis) for _ in range(3)]
    await asyncio.gather(*(house.inbox.put([firing()]) for _ in range(50)))
    await asyncio.gather(*(h.intake.drain(wait_seconds=0.01) for h in (house, *others)))
    assert len(await house.ledger.open_incidents()) == 1
    assert await house.intake.drain(wait_seconds=0.001) == 0


async def test_repeats_are_counted_many_at_once_and_change_nothing_else(house: House) -> None:
    await house.receive(firing(), firing("fp-2", since=5))
    before = await house.incident()
    await house.receive(*(firing() for _ in range(4)), firing("fp-2", since=5), cleared("fp-9"))
    counted = [n.count for n in await house.ledger.work("INC-1") if isinstance(n, AlertRepeated)]
    assert counted == [5]
    assert (await house.incident()).version == before.version
    await house.receive(firing(since=60))
    assert len(await house.ledger.work("INC-1")) == 1, "it fires anew, which is news"


async def test_an_alert_opens_an_incident_that_is_investigated_at_once(house: House) -> None:
    await house.receive(firing())
    assert {work.kind for work in house.queue.items} == {"investigate", "keep_books"}


@pytest.mark.invariant(6)
async def test_a_resolved_alert_closes_its_incident_and_voids_the_approval(house: House) -> None:
    await house.asked()
    await house.receive(cleared())
    incident = await house.incident()
    assert incident.status is Status.RESOLVED
    assert (await house.fix()).status is PlanStatus.VOID


@pytest.mark.invariant(6)
async def test_of_a_mixed_group_only_what_cleared_is_closed(house: House) -> None:
    await house.receive(firing("a"), firing("b"))
    await house.receive(cleared("a"), firing("b"))
    assert (await house.incident()).status is not Status.RESOLVED
    await house.receive(cleared("b"))
    assert (await house.incident()).status is Status.RESOLVED


@pytest.mark.invariant(5)
async def test_a_late_firing_opens_nothing(house: House) -> None:
    await house.receive(firing(), cleared(), firing())
    assert await house.ledger.open_incidents() == []
    assert await house.ledger.recent_incidents(9) == ["INC-1"]


@pytest.mark.invariant(5)
async def test_a_clearing_that_overtook_its_own_firing_is_remembered(house: House) -> None:
    await house.receive(firing(), cleared(since=600), firing(since=600))
    assert await house.ledger.open_incidents() == []
    await house.receive(firing(since=601))
    assert await house.ledger.open_incidents() == ["INC-2"]


@pytest.mark.invariant(5)
async def test_a_late_firing_does_not_bring_back_what_has_cleared_in_an_open_incident(
    house: House,
) -> None:
    await house.receive(firing("a"), firing("b"), cleared("a"), firing("a"), cleared("b"))
    assert (await house.incident()).status is Status.RESOLVED


async def test_one_that_fires_anew_opens_another(house: House) -> None:
    await house.receive(firing(), cleared(), firing(since=600))
    assert await house.ledger.open_incidents() == ["INC-2"]


@pytest.mark.invariant(5)
async def test_a_late_clearing_of_an_earlier_firing_closes_nothing(house: House) -> None:
    await house.receive(firing(), cleared(), firing(since=600), cleared(since=0))
    assert await house.ledger.open_incidents() == ["INC-2"]


async def test_a_clearing_nobody_knows_the_firing_of_does_nothing(house: House) -> None:
    await house.receive(cleared())
    assert await house.ledger.recent_incidents(9) == []


async def test_alerts_of_one_service_near_in_time_are_one_incident(house: House) -> None:
    await house.receive(firing("a"), firing("b", since=60), firing("c", service="bells"))
    assert await house.ledger.open_incidents() == ["INC-1", "INC-2"]
    assert set((await house.incident()).alerts) == {"a", "b"}


async def test_one_that_comes_while_its_incident_ends_opens_another(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.receive(firing("a"), cleared("a"))
    answers = [["INC-1"]]

    async def open_a_moment_ago() -> list[str]:
        return answers.pop() if answers else []

    monkeypatch.setattr(house.ledger, "open_incidents", open_a_moment_ago)
    await house.receive(firing("b"))
    holder = await house.ledger.holder("b")
    assert holder is not None
    assert (holder.incident, holder.open) == ("INC-2", True)


async def test_an_alert_stays_in_the_inbox_until_the_ledger_holds_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(*_: object, **__: object) -> None:
        raise ConnectionError("Redis is gone")

    await house.inbox.put([firing()])
    with monkeypatch.context() as broken, pytest.raises(ConnectionError):
        broken.setattr(house.ledger, "commit", down)
        await house.intake.drain(wait_seconds=0.01)
    await house.intake.drain(wait_seconds=0.01)
    assert len(await house.ledger.open_incidents()) == 1
    assert await house.inbox.take(10, 0.001) == []


class TestCorrelation:
    KNOWN = told(opened())

    @pytest.mark.parametrize("since", [-1800, 0, 1800])
    def test_near_in_time_it_is_the_same(self, since: float) -> None:
        assert correlate(firing("b", since), [self.KNOWN], INVENTORY) == "INC-1"

    @pytest.mark.parametrize("since", [-1801, 1801])
    def test_far_away_it_is_not(self, since: float) -> None:
        assert correlate(firing("b", since), [self.KNOWN], INVENTORY) is None

    @pytest.mark.parametrize("changes", [{"service": "bells"}, {"environment": "staging"}])
    def test_another_service_or_environment_is_not(self, changes: dict[str, Any]) -> None:
        assert correlate(firing("b", **changes), [self.KNOWN], INVENTORY) is None

    def test_no_service_belongs_to_nothing(self) -> None:
        nameless = told(opened(service=""))
        assert correlate(firing("b", service=""), [nameless], INVENTORY) is None


async def test_once_its_lease_is_lost_the_rest_of_the_inbox_is_anothers(house: House) -> None:
    async def lose_the_lease(_: Alert) -> None:
        await house.redis.set(keys.lease("intake"), "another's")

    intake = Intake(house.inbox, house.incidents, INVENTORY, lose_the_lease)
    await house.inbox.put([alert("dog", labels={"alertname": "Watchdog"}), firing()])
    with suppress(TimeoutError):
        await asyncio.wait_for(intake.run(), 0.5)
    assert await house.ledger.open_incidents() == []
    assert [told.fingerprint for _, told in await house.inbox.take(9, 0.001)] == ["fp-1"]


async def test_an_incident_that_cannot_be_read_keeps_no_other_alert_waiting(house: House) -> None:
    await house.receive(firing("a"))
    await house.redis.xadd(keys.decisions("INC-1"), {"events": "scribble"}, id="99-0")
    await house.inbox.put([firing("a", 60), cleared("a", 60), firing("b", service="bells")])
    with pytest.raises(ValueError, match="Expecting value"):
        await house.intake.drain(wait_seconds=0.001)
    assert (await house.incident("INC-2")).service == "bells"
    waiting = [(a.fingerprint, a.status) for _, a in await house.inbox.take(9, 0.001)]
    assert waiting == [("a", "firing"), ("a", "resolved")]


async def test_an_alert_that_lost_every_race_and_is_nobodys_stays_in_the_inbox(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def loses(*_: Any, **__: Any) -> None:
        raise ConflictError("version is 9")

    await house.inbox.put([firing()])
    with monkeypatch.context() as storm:
        storm.setattr(house.incidents, "handle", loses)
        with pytest.raises(ConflictError):
            await house.intake.drain(wait_seconds=0.001)
    assert await house.intake.drain(wait_seconds=0.001) == 1
    assert await house.ledger.open_incidents() == ["INC-2"]
