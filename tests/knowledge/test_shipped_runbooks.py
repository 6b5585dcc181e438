"""The runbooks that come with opsbot, on what the tools of the sample company answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot import settings, wiring
from bot.domain.values import Alert
from bot.knowledge.documents import runbook_document
from bot.knowledge.folder import load_folder
from bot.knowledge.lint import lint
from bot.knowledge.matching import match
from bot.knowledge.progress import CheckResult
from bot.knowledge.reasoning import Reasoning
from bot.knowledge.retrieval import RunbookIndex
from bot.policy.conditions import Truth
from bot.policy.readings import judge
from bot.policy.template import MissingValue
from tools.kit.types import Evidence

FOLDER = Path(__file__).parents[2] / "runbooks"

Found = Callable[..., Evidence]


@pytest.fixture
def fired(alert: Callable[..., Alert]) -> Alert:
    return alert(
        "ETL job 'daily_revenue_aggregation' failed (exit code 1)",
        alertname="ETLJobFailed",
        job="daily_revenue_aggregation",
        service="etl",
        environment="production",
        severity="critical",
    )


def series(**lags: float) -> list[dict[str, Any]]:
    return [
        {
            "labels": {"instance": name.replace("_", "-")},
            "first": 5,
            "last": lag,
            "min": 5,
            "max": lag,
        }
        for name, lag in lags.items()
    ]


def log(*messages: str) -> dict[str, Any]:
    lines = [{"at": "", "level": "error", "service": "etl", "message": text} for text in messages]
    return {"count": len(lines), "lines": lines, "first_error": messages[0] if messages else None}


def reasoning(runbook_id: str, fired: Alert, results: dict[str, Evidence]) -> Reasoning:
    (runbook,) = (each for each in load_folder(FOLDER)[0] if each.id == runbook_id)
    read = (CheckResult(check_id=each, evidence=found) for each, found in results.items())
    return Reasoning.start(runbook, fired).read(*read)


def test_all_of_them_are_sound() -> None:
    every_tool = wiring.declared_catalog(wiring.prepare(settings.read({})))
    assert lint(FOLDER, every_tool) == ()


def test_the_failed_job_is_matched_by_name_and_most_specific_first(fired: Alert) -> None:
    runbooks, _ = load_folder(FOLDER)
    index = RunbookIndex(runbook_document(runbook) for runbook in runbooks)
    found = [m.runbook.id for m in match(fired, runbooks, index) if m.is_playbook]
    assert found == ["etl-source-timeout", "etl-source-unknown"]


def test_another_job_has_no_playbook(alert: Callable[..., Alert]) -> None:
    runbooks, _ = load_folder(FOLDER)
    index = RunbookIndex(runbook_document(runbook) for runbook in runbooks)
    other = alert("Scoring job failed", alertname="ScoringJobFailed", service="churn-scoring")
    assert not any(m.is_playbook for m in match(other, runbooks, index))


TIMEOUT = log(
    "connecting to source DB replica-2, partition p (attempt 2/2, timeout 1.5s)",
    "connection timeout to source DB replica-2, retrying in 0.2s (attempt 1/2)",
)


@pytest.fixture
def lagging(found: Found) -> dict[str, Evidence]:
    return {
        "job_log": found(**TIMEOUT),
        "source_lag": found(series=series(replica_2=8280), value=8280.0),
        "fresh_replica": found(series=series(replica_1=240, replica_2=8280), value=None),
        "target_lag": found(series=series(replica_1=240), value=240),
    }


def test_a_lagging_source_is_switched_under_a_guard(
    fired: Alert, lagging: dict[str, Evidence], found: Found
) -> None:
    done = reasoning("etl-source-timeout", fired, lagging)
    cause = done.cause()
    assert cause is not None
    assert (cause.id, cause.confidence) == ("source_lagging", "high")
    assert cause.cause.startswith("replica-2 is 2.3 h behind (limit 30 min)")
    assert [done.finding(check.id) for check in done.runbook.checks] == [
        "Job log: connection timeout to replica-2",
        "replica-2 lag 2.3 h (limit 30 min)",
        "replica-1 is fresh",
        "replica-1 lag 4 min, fine",
    ]
    assert [(step.tool, step.params, step.cites) for step in done.steps()] == [
        (
            "set_job_parameters",
            {"job": "daily_revenue_aggregation", "parameters": {"source": "replica-1"}},
            "etl-source-timeout#1",
        ),
        ("rerun_job", {"job": "daily_revenue_aggregation"}, "etl-source-timeout#2"),
    ]
    (guard,) = done.guards()
    assert (guard.title, guard.shown) == ("replica-1 lag", "4 min (limit 30 min)")
    now = judge(guard.expect, guard.captures, guard.known, found(value=2000))
    assert now.truth is Truth.FALSE
    assert done.resolution() == "source switched to replica-1, replica-2 lagging"
    (ticket,) = done.follow_ups()
    assert (ticket.summary, ticket.owner_of) == ("replica-2 replication lag 2.3 h", "replica-2")


def test_without_a_fresh_replica_there_is_a_diagnosis_and_no_step(
    fired: Alert, lagging: dict[str, Evidence], found: Found
) -> None:
    stale = found(series=series(replica_1=7200, replica_2=8280), value=None)
    read = {**lagging, "fresh_replica": stale}
    del read["target_lag"]
    done = reasoning("etl-source-timeout", fired, read)
    cause = done.cause()
    assert cause is not None
    assert (cause.id, done.steps()) == ("no_fresh_replica", ())
    assert list(done.skipped()) == ["target_lag"]
    assert len(done.follow_ups()) == 1


def test_metrics_that_are_away_leave_the_cause_open(
    fired: Alert, lagging: dict[str, Evidence]
) -> None:
    away = Evidence(tool="query_metrics", query="q", summary="no answer", status="failed")
    read = {**lagging, "source_lag": away, "fresh_replica": away}
    done = reasoning("etl-source-timeout", fired, read)
    assert done.cause() is None
    assert done.steps() == ()
    assert "no answer" in done.open_causes()[0].why


def test_another_failure_of_the_same_job_is_not_taken_for_a_timeout(
    fired: Alert, found: Found
) -> None:
    done = reasoning("etl-source-timeout", fired, {"job_log": found(**log())})
    assert done.cause() is None
    assert len(done.ruled_out()) == len(done.runbook.causes)
    assert done.next_checks() == ()


def test_a_misspelt_source_is_set_to_the_freshest_replica(fired: Alert, found: Found) -> None:
    read = {
        "job_log": found(**log("could not resolve source DB replcia-2 (known: replica-1)")),
        "fresh_replica": found(series=series(replica_1=240, replica_2=30), value=None),
        "target_lag": found(value=30),
    }
    done = reasoning("etl-source-unknown", fired, read)
    cause = done.cause()
    assert cause is not None
    assert cause.cause.endswith(
        "replcia-2, which is no source DB (there are: replica-1, replica-2)"
    )
    assert done.steps()[0].params["parameters"] == {"source": "replica-2"}
    assert done.guards()[0].shown == "30 s (limit 30 min)"


def test_a_replica_that_lags_alone_is_told_from_many(
    alert: Callable[..., Alert], found: Found
) -> None:
    fired = alert(alertname="ReplicaLagHigh", service="source-db", instance="replica-2")
    read = {
        "lagging": found(series=series(replica_2=8280), value=8280),
        "others_lag": found(series=series(replica_1=240, replica_2=8280), value=None),
    }
    alone = reasoning("replica-lag-high", fired, read)
    cause = alone.cause()
    assert cause is not None
    assert cause.id == "one_replica"
    both = found(series=series(replica_1=9000, replica_2=8280), value=None)
    shared = reasoning("replica-lag-high", fired, {**read, "others_lag": both}).cause()
    assert shared is not None
    assert shared.cause.startswith("Several replicas are behind (replica-2 and replica-1)")
    assert alone.steps() == ()
    with_guards = alone.guards()
    assert with_guards == ()


def test_a_plan_without_its_target_is_refused(
    fired: Alert, lagging: dict[str, Evidence], found: Found
) -> None:
    read = {**lagging, "fresh_replica": found(series=[], value=None)}
    with pytest.raises(MissingValue, match="target"):
        reasoning("etl-source-timeout", fired, read).guards()
