"""What belongs together is one incident, and none draws in what has nothing to do with it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.incident import Incident
from bot.domain.values import Alert
from bot.incidents.correlate import correlate
from bot.incidents.intake import Intake
from bot.policy.inventory import Inventory
from tests.fakes.house import House
from tests.fakes.story import alert, at

MINUTE = 60.0


def inventory(**rests_on: list[str]) -> Inventory:
    services = {
        name: {"environment": "production", "depends_on": names} for name, names in rests_on.items()
    }
    return Inventory.model_validate({"services": services})


SHOP = inventory(
    gateway=["shop", "search", "mail"],
    shop=["queue", "api", "payments"],
    queue=["api"],
    api=["db"],
    db=["disk"],
    disk=[],
    export=["db"],
    payments=[],
    search=[],
    mail=[],
)


def fires(service: str, since: float = 0, **changes: Any) -> Alert:
    return alert(service, service=service, starts_at=at(since), **changes)


def incident(*alerts: Alert, id_: str = "INC-1") -> Incident:
    held = {each.fingerprint: each for each in alerts}
    first = alerts[0]
    return Incident(
        id=id_, service=first.service, environment=first.environment,
        opened_at=first.starts_at, alerts=held,
    )  # fmt: skip


def joins(new: Alert, *alerts: Alert, rests: Inventory = SHOP) -> bool:
    return correlate(new, [incident(*alerts)], rests) == "INC-1"


@pytest.mark.parametrize(
    "order",
    [
        ("db", "api", "queue", "shop"),
        ("shop", "queue", "api", "db"),
        ("queue", "db", "api", "shop"),
        ("api", "shop", "db", "queue"),
    ],
)
def test_a_cascade_is_one_incident_in_whatever_order_it_is_told(order: tuple[str, ...]) -> None:
    held = [fires(order[0])]
    for number, service in enumerate(order[1:], 1):
        new = fires(service, number * 5)
        assert joins(new, *held), f"{service} after {[each.service for each in held]}"
        held.append(new)


@pytest.mark.parametrize("one", ["api", "db"])
def test_two_hops_connect_and_three_do_not(one: str) -> None:
    assert joins(fires("queue"), fires(one))
    assert joins(fires(one), fires("queue"))
    assert not joins(fires("queue"), fires("disk"))
    assert not joins(fires("disk"), fires("queue"))


def test_a_service_nobody_knows_is_connected_with_nothing() -> None:
    assert not joins(fires("ghost"), fires("db"))
    assert not joins(fires("db"), fires("ghost"))
    assert joins(fires("ghost", 5), fires("ghost"))


def test_without_an_inventory_only_the_same_service_joins() -> None:
    assert not joins(fires("api"), fires("db"), rests=Inventory())
    assert joins(fires("db", 5), fires("db"), rests=Inventory())


@pytest.mark.parametrize(("minutes", "together"), [(10, True), (-10, True), (11, False)])
def test_connected_ones_must_begin_within_ten_minutes(minutes: float, together: bool) -> None:
    assert joins(fires("api", minutes * MINUTE), fires("db")) is together


def test_another_environment_is_another_incident() -> None:
    assert not joins(fires("api", environment="staging"), fires("db"))
    staging = [fires("db", environment="staging")]
    assert joins(fires("api", environment="staging"), *staging)


def test_what_is_over_draws_nothing_in() -> None:
    over = fires("db", status="resolved")
    assert not joins(fires("api", 60), over, fires("ghost"))


def test_two_that_rest_on_the_same_are_apart_until_that_has_an_alert() -> None:
    assert not joins(fires("export"), fires("api"))
    assert joins(fires("export"), fires("api"), fires("db"))


def test_two_on_which_the_same_rests_are_apart() -> None:
    assert not joins(fires("search"), fires("mail"))
    assert not joins(fires("payments"), fires("api"))


def test_a_gateway_that_suffers_draws_in_nothing_else_it_rests_on() -> None:
    suffering = [fires("db"), fires("api", 5), fires("shop", 8), fires("gateway", 10)]
    for unrelated in ("search", "mail", "payments"):
        assert not joins(fires(unrelated, 20), *suffering)


def test_a_deeper_cause_joins_what_it_explains() -> None:
    assert joins(fires("disk", 20), fires("db"), fires("api", 5))
    assert joins(fires("payments", 20), fires("shop"))


def test_a_chain_of_neighbours_does_not_go_on_for_ever() -> None:
    creeping = [fires("db"), fires("api", 9 * MINUTE), fires("queue", 18 * MINUTE)]
    late = fires("shop", 27 * MINUTE)
    assert joins(late, *creeping)
    assert not joins(fires("gateway", 36 * MINUTE), *creeping, late)


def test_services_that_rest_on_each_other_are_connected() -> None:
    ring = inventory(a=["b"], b=["a"])
    assert joins(fires("a"), fires("b"), rests=ring)


def test_of_several_incidents_the_nearest_is_joined() -> None:
    far = incident(fires("db"), id_="INC-1")
    near = incident(fires("api", 30), id_="INC-2")
    same = incident(fires("queue", 60), id_="INC-3")
    assert correlate(fires("queue", 70), [far, near], SHOP) == "INC-2"
    assert correlate(fires("queue", 70), [far, near, same], SHOP) == "INC-3"
    later = incident(fires("api", 65), id_="INC-4")
    assert correlate(fires("queue", 70), [near, later], SHOP) == "INC-4"


async def test_a_storm_of_everything_at_once_is_as_many_incidents_as_causes(house: House) -> None:
    house.intake = Intake(house.inbox, house.incidents, SHOP)
    storm = [fires(name, n) for n, name in enumerate(["db", "search", "api", "mail", "queue"])]
    await house.receive(*storm)
    held = [set((await house.ledger.load(i)).alerts) for i in await house.ledger.open_incidents()]
    assert sorted(map(sorted, held)) == [["api", "db", "queue"], ["mail"], ["search"]]
