"""What followers are told: milestones, every step to those who want them, and how it stands."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain import events as e
from bot.domain.following import Subscription, notices
from bot.domain.incident import Incident
from tests.fakes.story import (
    at,
    decided,
    diagnosed,
    finished,
    opened,
    proposed,
    started,
    told,
)

WAITING = [opened(), diagnosed(), *proposed()]


def texts(events: list[e.IncidentEvent], minutes: float = 5, **wanted: Any) -> list[str]:
    found = notices(told(events), events, at(minutes * 60))
    return [n.text for n in found if all(getattr(n, k) == v for k, v in wanted.items())]


def raised(to: str = "sev1", seconds: float = 20) -> e.SeverityChanged:
    return e.SeverityChanged.model_validate(
        {
            "at": at(seconds),
            "actor": "U1",
            "severity": to,
            "before": "sev3",
            "reason": "customers see it",
        }
    )


def resolved(seconds: float = 100) -> e.IncidentResolved:
    return e.IncidentResolved(at=at(seconds), actor="U1", summary="painted it green")


def subscription(target: str) -> Subscription:
    return Subscription(user="U9", target=target, place="U9", since=at(0))


def test_the_milestones_are_opening_approval_severity_and_the_end() -> None:
    events = [*WAITING, raised(), decided(), started(), finished(), resolved()]
    assert texts(events, milestone=True) == [
        "opened, SEV3: the lamp is red",
        "a fix was approved",
        "SEV3 → SEV1: customers see it",
        "resolved: painted it green",
    ]


def test_who_wants_all_hears_of_the_steps_between() -> None:
    between = texts([*WAITING, decided(), started(), finished()], milestone=False)
    assert between[:2] == ["cause: someone painted it", "a fix waits for approval"]
    assert len(between) == 3


def test_a_rejection_is_not_told_as_an_approval() -> None:
    assert "a fix was approved" not in texts([*WAITING, decided(choice="reject")])


@pytest.mark.parametrize(
    ("severity", "minutes", "many"),
    [("sev1", 29, 0), ("sev1", 31, 1), ("sev2", 59, 0), ("sev2", 61, 1), ("sev4", 600, 0)],
)
def test_how_it_stands_is_told_by_severity(severity: str, minutes: float, many: int) -> None:
    events = [*WAITING, raised(severity)]
    assert len([t for t in texts(events, minutes) if t.startswith("still open")]) == many


def test_of_many_updates_that_were_missed_only_the_last_is_told() -> None:
    events = [*WAITING, raised()]
    first, later = (
        [n.key for n in notices(told(events), events, at(m * 60)) if n.key.startswith("update")]
        for m in (35, 185)
    )
    assert len(first) == len(later) == 1
    assert first != later


def test_no_update_comes_after_the_end() -> None:
    events = [*WAITING, raised(), resolved(100)]
    assert not [t for t in texts(events, 600) if t.startswith("still open")]


def test_the_same_events_give_the_same_keys_later() -> None:
    before = notices(told(WAITING), WAITING, at(60))
    more = [*WAITING, decided()]
    after = notices(told(more), more, at(120))
    assert [n.key for n in after][: len(before)] == [n.key for n in before]
    assert len({n.key for n in after}) == len(after)


def test_it_concerns_its_commander_and_those_who_decided() -> None:
    events = [*WAITING, decided(), e.CommandTaken(at=at(30), actor="U7")]
    assert {n.concerns for n in notices(told(events), events, at(60))} == {frozenset({"U1", "U7"})}


@pytest.mark.parametrize(
    ("target", "covered"), [("INC-1", True), ("lamps", True), ("INC-2", False), ("", False)]
)
def test_it_is_followed_by_its_id_or_its_service(target: str, covered: bool) -> None:
    assert subscription(target).covers(told(opened())) is covered


def test_an_incident_without_a_service_is_not_followed_by_none() -> None:
    assert not subscription("").covers(told(opened(service="")))


def test_the_order_is_that_of_time() -> None:
    incident: Incident = told(WAITING)
    times = [n.at for n in notices(incident, WAITING, at(60))]
    assert times == sorted(times)
