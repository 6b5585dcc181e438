"""What a name refers to, and how far a dry run reaches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.policy.blast import blast
from bot.policy.inventory import Inventory, InventoryError
from tools.kit.types import DryRun, Effect, Target

TEXT = """
services:
  etl: {environment: production, tier: 2, jobs: [nightly], owners: ["@data"]}
  db: {environment: production, tier: 1, instances: [replica-1, replica-2], aliases: [source-db]}
  toys: {environment: staging, tier: 4}
"""


@pytest.fixture
def inventory(tmp_path: Path) -> Inventory:
    path = tmp_path / "inventory.yml"
    path.write_text(TEXT)
    return Inventory.read(path)


def dry_run(*names: str) -> DryRun:
    targets = tuple(Target(kind="thing", name=name) for name in names)
    return DryRun(summary="Touch", targets=targets)


@pytest.mark.parametrize(
    ("name", "service"),
    [
        ("etl", "etl"),
        ("nightly", "etl"),
        ("replica-2", "db"),
        ("source-db", "db"),
        ("replica-9", None),
        ("", None),
        ("*", None),
        ("ETL", None),
    ],
)
def test_a_name_is_a_service_its_job_its_instance_or_its_alias(
    inventory: Inventory, name: str, service: str | None
) -> None:
    assert inventory.service_of(name) == service


def test_owners_are_those_of_the_service(inventory: Inventory) -> None:
    assert inventory.owners_of("nightly") == ("@data",)
    assert inventory.owners_of("nobody's") == ()


def test_the_radius_counts_targets_and_names_what_is_behind_them(inventory: Inventory) -> None:
    radius = blast(dry_run("nightly", "replica-1", "replica-2", "toys"), Effect.WRITE, inventory)
    assert radius.count == 4
    assert radius.services == {"etl", "db", "toys"}
    assert radius.environments == {"production", "staging"}
    assert radius.tier == 1
    assert radius.unknown == ()


def test_the_same_target_twice_counts_once(inventory: Inventory) -> None:
    assert blast(dry_run("nightly", "nightly"), Effect.WRITE, inventory).count == 1


def test_what_is_not_in_the_inventory_is_named_and_taken_for_critical(
    inventory: Inventory,
) -> None:
    radius = blast(dry_run("replica-9"), Effect.DESTRUCTIVE, inventory)
    assert (radius.unknown, radius.tier) == (("replica-9",), 1)


def test_a_ticket_touches_no_service(inventory: Inventory) -> None:
    radius = blast(dry_run("OPS-1"), Effect.RECORD, inventory)
    assert radius.unknown == ()
    assert not radius.services & set(inventory.services)


def test_an_empty_file_knows_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty.yml").write_text("")
    assert Inventory.read(tmp_path / "empty.yml").services == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("services: {etl: {tier: 1}}", "services.etl.environment"),
        ("services: {etl: {environment: x, tier: high}}", "services.etl.tier"),
        ("services: {etl: {environment: x, owner: me}}", "services.etl.owner"),
        ("services: {etl: {environment: x, jobs: nightly}}", "services.etl.jobs"),
        ("services: [etl]", "services: "),
        ("- etl", "the file: "),
        ("services: {", "is not YAML"),
    ],
)
def test_what_is_wrong_is_named_with_its_file(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "inventory.yml"
    path.write_text(text)
    with pytest.raises(InventoryError) as refused:
        Inventory.read(path)
    assert "inventory.yml" in str(refused.value)
    assert words in str(refused.value)


def test_one_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InventoryError, match=r"nowhere\.yml"):
        Inventory.read(tmp_path / "nowhere.yml")


@pytest.mark.invariant(17)
@pytest.mark.parametrize("name", ["", " ", "*", "etl*"])
@pytest.mark.parametrize("field", ["jobs", "instances", "aliases", "services"])
def test_a_name_that_means_nothing_or_everything_is_refused(
    tmp_path: Path, field: str, name: str
) -> None:
    entry: dict[str, Any] = {"environment": "production"}
    services = {name: entry} if field == "services" else {"etl": {**entry, field: [name]}}
    path = tmp_path / "inventory.yml"
    path.write_text(yaml.safe_dump({"services": services}))
    with pytest.raises(InventoryError, match="names nothing: write each name out"):
        Inventory.read(path)


@pytest.mark.invariant(17)
@pytest.mark.parametrize("name", ["", " ", "*", "etl*", "night"])
def test_an_empty_or_a_bare_name_is_no_known_target(inventory: Inventory, name: str) -> None:
    assert inventory.service_of(name) is None
    assert blast(dry_run(name), Effect.WRITE, inventory).unknown == (name,)


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
def test_a_sentence_is_about_the_service_it_names_first(text: str, service: str | None) -> None:
    inventory = Inventory.model_validate(
        {
            "services": {
                "etl": {"environment": "production", "jobs": ["daily_revenue"]},
                "lamps": {
                    "environment": "staging",
                    "instances": ["hall"],
                    "aliases": ["the lights"],
                },
            }
        }
    )
    assert inventory.named_in(text) == service


@pytest.mark.parametrize(
    ("text", "service"),
    [
        ("is the orders queue ok?", "orders-queue"),
        ("Orders-Queue?", "orders-queue"),
        ("how is replica 1 doing", "db"),
        ("the nightly job", "db"),
        ("is orders ok", "orders"),
        ("reorders queued", None),
        ("", None),
    ],
)
def test_a_service_is_known_by_any_of_its_names_the_longest_first(
    text: str, service: str | None
) -> None:
    inventory = Inventory.model_validate(
        {
            "services": {
                "orders": {"environment": "production"},
                "orders-queue": {"environment": "production"},
                "db": {
                    "environment": "production",
                    "instances": ["replica-1"],
                    "jobs": ["nightly"],
                },
            }
        }
    )
    assert inventory.named_in(text) == service
