"""An incident that a person opens is one like any other."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.refusals import CommandRefusedError
from bot.incidents.opening import Opening, named_service
from bot.policy.inventory import Inventory
from tests.fakes.house import House
from tests.fakes.story import alert

INVENTORY = Inventory.model_validate(
    {
        "services": {
            "etl": {"environment": "production", "jobs": ["daily_revenue"], "impact": "Stale."},
            "lamps": {"environment": "staging", "instances": ["hall"], "aliases": ["the lights"]},
        }
    }
)


@pytest.fixture
def opening(house: House) -> Opening:
    return Opening(house.incidents, house.people, INVENTORY)


async def test_it_has_the_service_its_environment_and_its_impact(
    house: House, opening: Opening
) -> None:
    incident = await opening.open("U3", "daily_revenue  is\nlate", "sev2", once="t1")
    assert (incident.id, incident.title) == ("INC-1", "daily_revenue is late")
    assert (incident.service, incident.environment) == ("etl", "production")
    assert (incident.severity, incident.impact, incident.source) == ("sev2", "Stale.", "slack")
    await house.work()
    assert (await house.incident()).diagnosis, "it is investigated"
    assert await house.ledger.open_incidents() == ["INC-1"]


async def test_without_a_service_or_a_severity_it_is_opened_too(opening: Opening) -> None:
    incident = await opening.open("U3", "everything feels odd", once="t1")
    assert (incident.service, incident.severity) == ("", "sev3")


async def test_asked_for_twice_at_once_it_is_opened_once(house: House, opening: Opening) -> None:
    asked = [opening.open("U3", "etl is late", once="t1") for _ in range(5)]
    opened = await asyncio.gather(*asked)
    assert len({incident.id for incident in opened}) == 1
    assert len(await house.ledger.open_incidents()) == 1
    other = await opening.open("U3", "etl is late", once="t2")
    assert other.id != opened[0].id


async def test_an_alert_of_its_service_joins_it(house: House, opening: Opening) -> None:
    await opening.open("U3", "the hall is dark", once="t1")
    await house.receive(alert(service="lamps", environment="staging"))
    assert await house.ledger.open_incidents() == ["INC-1"]


async def test_a_long_text_is_kept_whole_beside_its_title(opening: Opening) -> None:
    incident = await opening.open("U3", "word " * 300, once="t1")
    [opened] = incident.alerts.values()
    assert len(incident.title) <= 300
    assert len(opened.annotations["description"]) == 1499


@pytest.mark.parametrize("user", ["G1", "B1"])
async def test_guests_and_bots_open_nothing(house: House, opening: Opening, user: str) -> None:
    with pytest.raises(CommandRefusedError, match="only full members"):
        await opening.open(user, "etl is late", once="t1")
    assert await house.ledger.open_incidents() == []


async def test_nothing_is_no_incident(opening: Opening) -> None:
    with pytest.raises(CommandRefusedError, match="say what is wrong"):
        await opening.open("U3", " \n ", once="t1")


@pytest.mark.parametrize(
    ("text", "service"),
    [
        ("ETL is late", "etl"),
        ("the hall and then etl", "lamps"),
        ("The Lights are out", "lamps"),
        ("metl, etl-2 and hallway", None),
        ("(daily_revenue)", "etl"),
        ("", None),
    ],
)
def test_the_service_that_is_named_first_counts(text: str, service: str | None) -> None:
    assert named_service(text, INVENTORY) == service
