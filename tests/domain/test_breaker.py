"""What a breaker counts: each action that failed, was lost or was put back, once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from bot.domain import events as e
from bot.domain.breaker import failed_actions
from tests.fakes.commands import APPROVED
from tests.fakes.story import (
    ALLOW,
    diagnosed,
    finished,
    opened,
    plan,
    proposed,
    recovered,
    started,
    told,
    undoing,
    undone,
    verified,
)


def began(index: int = 0, *services: str, plan_id: str = "P1") -> e.ActionStarted:
    touched = services or ("lamps",)
    return started(index, plan_id).model_copy(update={"services": touched})


def done(index: int, *services: str) -> list[e.IncidentEvent]:
    return [began(index, *services), finished(index), verified(index)]


def counted(before: Sequence[Any], *events: e.IncidentEvent) -> list[tuple[str, str]]:
    return failed_actions(told(APPROVED, before), events)


@pytest.mark.parametrize(
    ("before", "event"),
    [
        ([began()], finished(outcome="failed")),
        ([began()], finished(outcome="unknown")),
        ([began(), finished()], verified(passed=False)),
        ([began(), finished(), verified(passed=False), undoing()], undone()),
        ([began(), finished(), verified(passed=False)], undone(outcome="refused")),
    ],
)
@pytest.mark.invariant(19)
def test_what_failed_or_was_put_back_counts(before: list[Any], event: e.IncidentEvent) -> None:
    assert counted(before, event) == [("lamps", "key-1")]


@pytest.mark.parametrize(
    ("before", "event"),
    [
        ([], began()),
        ([began()], finished()),
        ([began(), finished()], verified()),
        ([*done(0), *done(1)], recovered()),
    ],
)
def test_what_goes_well_does_not(before: list[Any], event: e.IncidentEvent) -> None:
    assert counted(before, event) == []


def test_each_touched_service_counts() -> None:
    events = (finished(outcome="failed"),)
    found = counted([began(0, "etl", "billing")], *events)
    assert found == [("etl", "key-1"), ("billing", "key-1")]


def test_a_fix_that_did_not_help_counts_by_its_last_action_on_each_service() -> None:
    ran = [*done(0, "etl", "billing"), *done(1, "etl")]
    assert counted(ran, recovered(passed=False)) == [("etl", "key-2"), ("billing", "key-1")]


def test_a_started_action_of_an_older_release_counts_nowhere() -> None:
    assert counted([started()], finished(outcome="failed")) == []


def test_tickets_that_fail_count_nowhere() -> None:
    books = plan("books-open", steps=1)
    kept = told(opened(), diagnosed(), proposed(books, ALLOW), started(0, books.id))
    assert failed_actions(kept, [finished(outcome="failed", plan_id=books.id)]) == []
