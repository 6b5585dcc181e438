"""The incident's own tickets: opened, closed, followed up, or honestly left out."""

from __future__ import annotations

from bot.domain.values import Status
from tests.fakes.house import House, rules
from tests.fakes.story import alert
from tests.fakes.tools import CreateTicket, Look, PaintLamp


async def test_a_ticket_is_opened_while_it_is_being_investigated(house: House) -> None:
    await house.asked()
    assert house.world.tickets == {"LAMP-1": "open"}


async def test_without_a_tracker_it_goes_on_without_tickets(house: House) -> None:
    bare = House(house.redis, tools=(Look, PaintLamp))
    await bare.approved()
    await bare.work()
    incident = await bare.incident()
    assert incident.reported_at is not None
    assert set(incident.skipped_books.values()) == {"no ticket system is configured"}


async def test_a_tracker_without_an_update_is_named_as_what_it_is(house: House) -> None:
    half = House(house.redis, tools=(Look, PaintLamp, CreateTicket))
    await half.approved()
    await half.work()
    assert half.world.tickets == {"LAMP-1": "open"}
    assert (await half.incident()).reported_at is not None


async def test_a_tracker_that_comes_back_gets_its_ticket(house: House) -> None:
    house.world.tracking = "down"
    await house.asked()
    assert house.world.tickets == {}
    house.world.tracking = "none"
    await house.later(20)
    assert house.world.tickets == {"LAMP-1": "open"}


async def test_one_that_comes_back_after_the_end_is_told_the_end_too(house: House) -> None:
    house.world.tracking = "down"
    await house.approved()
    await house.work()
    assert (await house.incident()).status is Status.RESOLVED
    house.world.tracking = "none"
    await house.later(20)
    assert house.world.tickets == {"LAMP-1": "done", "LAMP-2": "open"}


async def test_one_that_stays_away_holds_up_no_fix_and_no_report(house: House) -> None:
    house.world.tracking = "down"
    await house.approved()
    await house.work()
    await house.later(301)
    await house.later(301)
    incident = await house.incident()
    assert incident.status is Status.RESOLVED
    assert incident.reported_at is not None
    assert set(incident.skipped_books) == {"open", "close"}


async def test_a_policy_that_forbids_tickets_is_heeded_and_nobody_is_called(house: House) -> None:
    silent = House(
        house.redis, policy=rules({"id": "silent", "effects": ["record"], "then": "deny"})
    )
    await silent.approved()
    await silent.work()
    assert silent.world.tickets == {}
    assert (await silent.incident()).calls == ()
    assert (await silent.incident()).reported_at is not None


async def test_a_ticket_is_opened_once_by_ten_workers(house: House) -> None:
    await house.receive(alert())
    for _ in range(10):
        house.queue.items.extend(await house.ledger.due(house.clock(), 10))
    await house.work()
    assert house.world.tickets == {"LAMP-1": "open"}
