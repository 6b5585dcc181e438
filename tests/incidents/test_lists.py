"""Which incidents there are, and whose."""

from __future__ import annotations

import pytest

from bot.domain import events as e
from bot.domain.ports import RotaUnreadableError
from bot.domain.values import COMMANDER
from bot.incidents.lists import Lists
from bot.incidents.responders import Responders
from tests.fakes.bureau import bell_alert
from tests.fakes.house import House
from tests.fakes.story import ask, at, decided, opened, proposed


@pytest.fixture
def lists(house: House) -> Lists:
    return Lists(house.ledger, house.people, house.clock)


async def test_the_newest_come_first_and_what_is_over_only_among_the_latest(
    house: House, lists: Lists
) -> None:
    await house.asked()
    await house.receive(bell_alert(fingerprint="bell"))
    people = Responders(house.incidents, house.people)
    assert [i.id for i in await lists.open()] == ["INC-2", "INC-1"]
    await people.resolve("INC-2", "U1", "over")
    assert [i.id for i in await lists.open()] == ["INC-1"]
    assert [i.id for i in await lists.recent(5)] == ["INC-2", "INC-1"]


async def test_mine_are_those_i_command_am_asked_to_or_am_on(house: House, lists: Lists) -> None:
    await house.asked()
    people = Responders(house.incidents, house.people)
    await people.take_command("INC-1", "U1")
    await people.offer("INC-1", "U1", "U2")
    for user, count in (("U1", 1), ("U2", 1), ("U3", 0)):
        assert len(await lists.mine(user)) == count


async def test_approvals_say_who_may_give_them(house: House, lists: Lists) -> None:
    await house.asked()
    for user, may in (("U1", True), ("U3", False), ("G1", False)):
        [waits] = await lists.approvals(user)
        assert (waits.incident.id, waits.mine) == ("INC-1", may)
    await house.decide("reject")
    assert not await lists.approvals("U1")


async def test_approvals_of_mine_come_first(house: House, lists: Lists) -> None:
    await house.asked()
    others = ask().model_copy(update={"approvers": ("U3",)})
    for event in (opened(fingerprint="other"), *proposed(verdict=others)):
        await house.ledger.commit(await house.ledger.load("INC-2"), [event])
    for user, first in (("U1", "INC-1"), ("U3", "INC-2")):
        mine, _ = await lists.approvals(user)
        assert mine.incident.id == first


async def test_whoever_leads_an_incident_may_give_the_approval_of_its_commander(
    house: House, lists: Lists
) -> None:
    asks = ask().model_copy(update={"approvers": (COMMANDER,)})
    leads = e.CommandTaken(at=at(4), actor="U3")
    for event in (opened(), *proposed(verdict=asks), leads):
        await house.ledger.commit(await house.ledger.load("INC-1"), [event])
    for user, may in (("U3", True), ("U1", False)):
        [waits] = await lists.approvals(user)
        assert waits.mine is may


async def test_an_approval_that_i_gave_waits_for_others(house: House, lists: Lists) -> None:
    for event in (opened(), *proposed(verdict=ask(approvals=2)), decided(by="U1")):
        await house.ledger.commit(await house.ledger.load("INC-1"), [event])
    for user, may in (("U1", False), ("U2", True)):
        [waits] = await lists.approvals(user)
        assert waits.mine is may


async def test_a_rota_that_can_not_be_read_hides_no_approval(
    house: House, lists: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.asked()

    async def unreadable(handle: str) -> frozenset[str]:
        raise RotaUnreadableError("the rota is away")

    monkeypatch.setattr(house.people, "members", unreadable)
    [waits] = await lists.approvals("U1")
    assert not waits.mine
