"""What a service rests on, and whose changes it may feel."""

from __future__ import annotations

from bot.policy.inventory import Inventory
from bot.policy.topology import foundations, surroundings


def inventory(**rests_on: list[str]) -> Inventory:
    services = {
        name: {"environment": "production", "depends_on": names} for name, names in rests_on.items()
    }
    return Inventory.model_validate({"services": services})


SHOP = inventory(
    shop=["queue", "api"], queue=["api"], api=["db"], db=["disk"], disk=[], export=["db"]
)


def test_foundations_are_told_with_the_fewest_hops_to_them() -> None:
    assert foundations("shop", SHOP, 2) == {"shop": 0, "queue": 1, "api": 1, "db": 2}


def test_a_service_nobody_knows_rests_on_nothing() -> None:
    assert foundations("ghost", SHOP, 5) == {"ghost": 0}


def test_services_that_rest_on_each_other_have_an_end() -> None:
    ring = inventory(a=["b"], b=["a"])
    assert foundations("a", ring, 9) == {"a": 0, "b": 1}


def test_a_foundation_the_inventory_only_names_is_one() -> None:
    assert foundations("a", inventory(a=["cloud"]), 2) == {"a": 0, "cloud": 1}


def test_the_changes_felt_are_those_below_above_and_beside() -> None:
    assert surroundings("api", SHOP) == ["api", "db", "disk", "shop", "queue", "export"]
    assert surroundings("db", SHOP) == ["db", "disk", "api", "export"]
    assert surroundings("ghost", SHOP) == ["ghost"]
