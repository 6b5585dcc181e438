"""A person opens an incident by hand: once, however often it is sent."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.adapters.redis_ledger import RedisLedger
from bot.domain.refusals import CommandRefusedError
from bot.incidents.notes import Notes
from bot.incidents.opening import MOST_OPENED, Opened, Opening
from bot.incidents.service import Incidents
from bot.policy.rules import Breaker
from bot.redaction.events import EventCleaner
from bot.redaction.redactor import Redactor
from tests.fakes.house import INVENTORY, House
from tests.fakes.story import alert

SECRET = "hunter2-of-the-attic"
MESSAGE = "https://acme.slack.com/archives/C0A1B2C3D4E/p1760000000000100?thread_ts=1760000000.000100&cid=C0A1B2C3D4E"


@pytest.fixture
def opening(house: House) -> Opening:
    return Opening(house.incidents, INVENTORY, house.people)


async def by_hand(opening: Opening, text: str = "The hall is dark", **changes: Any) -> Opened:
    given: dict[str, Any] = {"severity": "sev2", "user": "U1", "fingerprint": "slack:C1:1.1"}
    return await opening.by_hand(text, **{**given, **changes})


async def test_what_a_person_saw_is_an_incident_that_is_investigated(
    house: House, opening: Opening
) -> None:
    opened = await by_hand(opening, service="hall")
    incident = opened.incident
    assert opened.fresh
    assert (incident.title, incident.severity) == ("The hall is dark", "sev2")
    assert (incident.service, incident.environment) == ("lamps", "production")
    assert incident.source == "slack"
    assert incident.reacted_at is not None, "whoever opened it is a person, and was here"
    assert {work.kind for work in house.queue.items} == {"investigate", "keep_books"}


async def test_what_is_sent_twice_at_once_opens_one_incident(
    house: House, opening: Opening
) -> None:
    opened = await asyncio.gather(*(by_hand(opening) for _ in range(5)))
    assert len(await house.ledger.open_incidents()) == 1
    assert len({o.incident.id for o in opened}) == 1
    assert [o.fresh for o in opened].count(True) == 1


async def test_the_same_message_opens_none_after_its_incident_was_resolved(
    house: House, opening: Opening
) -> None:
    first = (await by_hand(opening)).incident
    alerts = first.alerts["slack:C1:1.1"]
    await house.receive(alerts.model_copy(update={"status": "resolved"}))
    again = await by_hand(opening)
    assert (again.incident.id, again.fresh) == (first.id, False)
    assert again.incident.resolved_at is not None
    assert await house.ledger.open_incidents() == []


async def test_it_joins_no_other_that_is_open(house: House, opening: Opening) -> None:
    await house.receive(alert("fp-1", service="lamps"))
    await by_hand(opening, service="lamps")
    assert await house.ledger.open_incidents() == ["INC-1", "INC-2"]


async def test_later_alerts_of_its_service_join_it(house: House, opening: Opening) -> None:
    await by_hand(opening, service="lamps")
    await house.receive(alert("fp-1", service="lamps", environment="production"))
    assert await house.ledger.open_incidents() == ["INC-1"]
    assert set((await house.incident()).alerts) == {"slack:C1:1.1", "fp-1"}


async def test_a_long_text_has_a_short_title_and_is_kept_whole_beside_it(
    opening: Opening,
) -> None:
    text = "dark " * 100
    told = (await by_hand(opening, text)).incident
    assert len(told.title) <= 150
    assert told.title.endswith("…")
    assert next(iter(told.alerts.values())).annotations == {"description": text}
    named = (await by_hand(opening, text, title="Dark hall", fingerprint="slack:C1:2.2")).incident
    assert named.title == "Dark hall"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"text": " \n "}, "say what is wrong"),
        ({"service": "moon"}, "no service 'moon'; there are: bells, lamps"),
        ({"user": "G1"}, "only full members"),
        ({"user": "B1"}, "only full members"),
    ],
)
async def test_what_is_refused_opens_nothing(
    house: House, opening: Opening, changes: dict[str, Any], why: str
) -> None:
    with pytest.raises(CommandRefusedError, match=why):
        await by_hand(opening, **changes)
    assert await house.ledger.open_incidents() == []


async def test_a_secret_in_what_was_said_stays_behind_and_the_message_is_still_known(
    house: House,
) -> None:
    ledger = RedisLedger(
        house.redis, sync_each_commit=False, clean=EventCleaner(Redactor([SECRET]))
    )
    incidents = Incidents(ledger, house.queue, house.clock, oncall=(), breaker=Breaker())
    opening = Opening(incidents, INVENTORY, house.people)
    fingerprint = "slack:C0INCIDENT9:1760000000.000100"
    opened = await by_hand(opening, f"login fails with {SECRET}", fingerprint=fingerprint)
    assert SECRET not in (await ledger.load(opened.incident.id)).model_dump_json()
    assert SECRET not in opened.incident.model_dump_json()
    assert not (await by_hand(opening, "again", fingerprint=fingerprint)).fresh
    await Notes(incidents, house.people).add(opened.incident.id, "U1", SECRET, url=MESSAGE)
    [note] = (await ledger.load(opened.incident.id)).notes
    assert SECRET not in note.text
    assert note.url == MESSAGE, "an address is no secret, and tells one message from another"


async def test_one_person_opens_so_many_and_others_all_the_same(
    house: House, opening: Opening
) -> None:
    for n in range(MOST_OPENED):
        await by_hand(opening, f"it is dark {n}", fingerprint=f"slack:C1:{n}")
    with pytest.raises(CommandRefusedError, match=r"you opened 10 incidents within 10 minutes"):
        await by_hand(opening, "and here", fingerprint="slack:C1:more")
    again = await by_hand(opening, "it is dark 3", fingerprint="slack:C1:3")
    assert not again.fresh, "what is known is no other one"
    assert (await by_hand(opening, fingerprint="slack:C1:u2", user="U2")).fresh
    house.clock.advance(600)
    assert (await by_hand(opening, fingerprint="slack:C1:later")).fresh


async def test_what_is_refused_anyway_is_not_counted(house: House, opening: Opening) -> None:
    for _ in range(MOST_OPENED + 1):
        with pytest.raises(CommandRefusedError, match="no service 'nowhere'"):
            await by_hand(opening, service="nowhere")
    assert (await by_hand(opening)).fresh
