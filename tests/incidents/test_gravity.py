"""Opsbot proposes a severity where what is hit says so, until a person has set one."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain import events as e
from bot.domain.incident import Incident
from bot.incidents.gravity import proposed_severity
from bot.policy.inventory import Inventory
from tests.fakes.story import alert, at, opened, told

INVENTORY = Inventory.model_validate(
    {
        "services": {
            "checkout": {"environment": "production", "tier": 1},
            "etl": {"environment": "production", "tier": 3},
            "lamps": {"environment": "production", "tier": 3},
        }
    }
)


def incident(*services: str, severity: str = "sev3", **more: Any) -> Incident:
    first, *others = services
    joined = [
        e.AlertJoined(at=at(n), actor="a", alert=alert(service=name, fingerprint=f"fp-{n}"))
        for n, name in enumerate(others, start=2)
    ]
    return told(opened(service=first, severity=severity), joined)


@pytest.mark.parametrize(
    ("services", "severity", "proposed"),
    [
        (("etl",), "sev3", None),
        (("checkout",), "sev3", ("sev2", "checkout is of tier 1")),
        (("checkout",), "sev2", None),
        (("etl", "lamps"), "sev4", ("sev2", "2 services fire")),
        (("etl", "checkout"), "sev2", ("sev1", "checkout is of tier 1 and 2 services fire")),
        (("etl", "checkout"), "sev1", None),
        (("unheard-of",), "sev4", None),
    ],
)
def test_it_goes_by_the_services_that_fire(
    services: tuple[str, ...], severity: str, proposed: tuple[str, str] | None
) -> None:
    found = proposed_severity(incident(*services, severity=severity), INVENTORY)
    assert (found and (found.severity, found.reason)) == proposed


def test_once_a_person_has_set_it_nothing_is_proposed() -> None:
    change = e.SeverityChanged(
        at=at(9), actor="U1", severity="sev4", before="sev3", reason="a test"
    )
    assert proposed_severity(incident("checkout").evolve(change), INVENTORY) is None


def test_of_what_is_over_nothing_is_proposed() -> None:
    end = e.IncidentResolved(at=at(9), actor="U1", summary="over")
    assert proposed_severity(incident("checkout").evolve(end), INVENTORY) is None
