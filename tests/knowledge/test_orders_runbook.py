"""The runbook for a database without connections, on what the sample company's tools answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.domain.values import Alert
from bot.knowledge.folder import load_folder
from bot.knowledge.progress import CheckResult
from bot.knowledge.reasoning import Reasoning
from bot.policy.conditions import Truth
from bot.policy.readings import judge
from tools.kit.types import Evidence

FOLDER = Path(__file__).parents[2] / "runbooks"

Found = Callable[..., Evidence]


def shares(**clients: float) -> list[dict[str, Any]]:
    return [
        {"labels": {"client": name}, "first": last, "last": last, "min": last, "max": last}
        for name, last in clients.items()
    ]


def changed(*texts: str) -> dict[str, Any]:
    changes = [{"text": text, "by": "lena", "kind": "config", "services": []} for text in texts]
    return {"count": len(texts), "changes": changes, "latest": texts[0] if texts else None}


RAISED = changed("orders_export: parallelism 4 → 48", "checkout v5.12.0 → v5.13.0")


@pytest.fixture
def evidence(found: Found) -> dict[str, Evidence]:
    return {
        "saturation": found(series=[], value=1.0),
        "clients": found(series=shares(orders_export=0.97, **{"orders-api": 0.03}), value=None),
        "raised": found(**RAISED),
        "holder_share": found(series=[], value=0.97),
        "waiting": found(count=212, lines=[], first_error="x"),
    }


@pytest.fixture
def reasoning(alert: Callable[..., Alert]) -> Callable[[dict[str, Evidence]], Reasoning]:
    fired = alert(
        "orders-db has almost no connection left",
        alertname="DatabaseConnectionsSaturated",
        service="orders-db",
    )

    def read(evidence: dict[str, Evidence]) -> Reasoning:
        (runbook,) = (r for r in load_folder(FOLDER)[0] if r.id == "orders-db-saturated")
        results = (CheckResult(check_id=each, evidence=it) for each, it in evidence.items())
        return Reasoning.start(runbook, fired).read(*results)

    return read


Read = Callable[[dict[str, Evidence]], Reasoning]


def cause_of(done: Reasoning) -> tuple[str, str]:
    cause = done.cause()
    assert cause is not None
    return cause.id, cause.confidence


def test_a_raised_parallelism_is_set_back_under_a_guard(
    reasoning: Read, evidence: dict[str, Evidence], found: Found
) -> None:
    done = reasoning(evidence)
    assert cause_of(done) == ("parallelism_raised", "high")
    (step,) = done.steps()
    assert step.tool == "set_job_parameters"
    assert step.params == {"job": "orders_export", "parameters": {"parallelism": "4"}}
    (guard,) = done.guards()
    assert guard.shown == "97% (over 50%)"
    gone = judge(guard.expect, guard.captures, guard.known, found(value=0.12))
    assert gone.truth is Truth.FALSE
    assert done.resolution() == "parallelism of orders_export set back to 4"
    (ticket,) = done.follow_ups()
    assert ticket.owner_of == "orders_export"


def test_the_newest_change_counts_so_nothing_is_raised_again(
    reasoning: Read, evidence: dict[str, Evidence], found: Found
) -> None:
    lowered = changed("orders_export: parallelism 48 → 4", "orders_export: parallelism 4 → 48")
    done = reasoning({**evidence, "raised": found(**lowered)})
    assert cause_of(done) == ("one_client", "medium")
    assert done.steps() == ()


@pytest.mark.parametrize("texts", [(), ("orders-api v2.4.0",), ("other: parallelism 4 → 48",)])
def test_without_a_change_of_that_client_there_is_no_step(
    reasoning: Read, evidence: dict[str, Evidence], found: Found, texts: tuple[str, ...]
) -> None:
    done = reasoning({**evidence, "raised": found(**changed(*texts))})
    assert cause_of(done) == ("one_client", "medium")
    assert done.steps() == ()
    assert len(done.follow_ups()) == 1


def test_a_feed_that_is_away_leaves_the_client_and_no_step(
    reasoning: Read, evidence: dict[str, Evidence]
) -> None:
    away = Evidence(tool="query_changes", query="q", summary="no answer", status="failed")
    done = reasoning({**evidence, "raised": away})
    cause = done.cause()
    assert cause is None or cause.id == "one_client"
    assert done.steps() == ()


def test_many_clients_are_not_throttled_on_a_guess(
    reasoning: Read, evidence: dict[str, Evidence], found: Found
) -> None:
    even = found(series=shares(orders_export=0.4, **{"orders-api": 0.45}), value=None)
    done = reasoning({**evidence, "clients": even, "raised": found(**changed())})
    assert cause_of(done) == ("many_clients", "low")
    assert done.steps() == ()


def test_a_database_with_connections_left_is_no_case_for_it(
    reasoning: Read, evidence: dict[str, Evidence], found: Found
) -> None:
    done = reasoning({**evidence, "saturation": found(series=[], value=0.2)})
    assert done.cause() is None
    assert len(done.ruled_out()) == 3
