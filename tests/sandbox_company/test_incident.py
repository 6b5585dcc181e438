"""The company really breaks, and is really mended by nothing but calls to its APIs."""

from __future__ import annotations

import json
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bot.sandbox.company import Company

if TYPE_CHECKING:
    from tests.sandbox_company.conftest import Airflow, Reader, Receiver

JOB = "daily_revenue_aggregation"
SOURCE = f"/variables/{JOB}.source"
LAG_OF_REPLICA_2 = 2.3 * 3600


def hurry(company: Company) -> None:
    """A shorter patience of the job, where its length is not what the test is about."""
    company.scheduler.variables[f"{JOB}.timeout_seconds"] = ("0.4", None)


async def switch(airflow: Airflow, source: str) -> None:
    body = {"key": f"{JOB}.source", "value": source}
    status, _ = await airflow("PATCH", SOURCE, body, update_mask="value")
    assert status == 200


async def rerun(airflow: Airflow, run_id: str, **body: object) -> dict[str, object]:
    body = {"dag_run_id": run_id, "logical_date": None, **body}
    status, run = await airflow("POST", f"/dags/{JOB}/dagRuns", body)
    assert status == 200
    assert run["state"] == "queued"
    return await airflow.ended(JOB, run_id)


async def test_the_stalled_replica_fails_the_job_and_switching_the_source_mends_it(
    company: Company, airflow: Airflow, reader: Reader, receiver: Receiver, tmp_path: Path
) -> None:
    company.alert_to(receiver.url, receiver.token)

    await company.break_etl()

    alert = (await receiver.next())["alerts"][0]
    assert alert["status"] == "firing"
    assert alert["annotations"]["summary"] == f"ETL job '{JOB}' failed (exit code 1)"
    assert "connection timeout to source DB replica-2" in await reader.messages(
        {"term": {"job": {"value": JOB}}}
    )
    lag = await reader.metric('db_replica_lag_seconds{service="source-db"}')
    assert abs(lag["replica-2"] - LAG_OF_REPLICA_2) < 60
    assert 200 < lag["replica-1"] < 300
    assert company.warehouse.read("daily_revenue") is None
    assert company.effects == []

    await switch(airflow, "replica-1")
    run = await rerun(airflow, "opsbot-1")

    assert run["state"] == "success"
    assert isinstance(run["duration"], float)
    assert run["duration"] > 1.5
    resolved = (await receiver.next())["alerts"][0]
    assert resolved["status"] == "resolved"
    assert resolved["fingerprint"] == alert["fingerprint"]
    assert resolved["startsAt"] == alert["startsAt"]
    table = company.warehouse.read("daily_revenue")
    assert table is not None
    assert table["source"] == "replica-1"
    assert table["revenue_by_region"] == expected_revenue(table["partition"])
    assert [(effect["operation"], effect["target"]) for effect in company.effects] == [
        ("variable.set", f"{JOB}.source: replica-2 → replica-1"),
        ("run.started", f"{JOB}/opsbot-1"),
    ]
    written = (tmp_path / "company" / "effects.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line) for line in written] == company.effects


def expected_revenue(partition: str) -> dict[str, float]:
    numbers = random.Random(partition)
    cents = dict.fromkeys(("apac", "emea", "latam", "namer"), 0)
    for _ in range(6000):
        region = numbers.choice(tuple(cents))
        cents[region] += numbers.randint(900, 48_000)
    return {region: total / 100 for region, total in cents.items()}


async def test_a_rerun_without_the_switch_fails_again_and_the_alert_stays(
    company: Company, airflow: Airflow, receiver: Receiver
) -> None:
    company.alert_to(receiver.url, receiver.token)
    hurry(company)
    await company.break_etl()
    await receiver.next()

    run = await rerun(airflow, "opsbot-1")

    assert run["state"] == "failed"
    await company.alerts.settled()
    assert receiver.empty()
    company.repeat_alerts()
    assert (await receiver.next())["status"] == "firing"


async def test_one_runs_conf_goes_before_the_variable(company: Company, airflow: Airflow) -> None:
    hurry(company)
    await company.break_etl()

    run = await rerun(airflow, "opsbot-1", conf={"source": "replica-1"})

    assert run["state"] == "success"
    assert (await airflow("GET", SOURCE))[1]["value"] == "replica-2"


async def test_when_the_fix_fails_the_rerun_ends_on_the_locked_table(
    company: Company, airflow: Airflow, reader: Reader
) -> None:
    hurry(company)
    await company.break_etl(fix_fails=True)
    await switch(airflow, "replica-1")

    run = await rerun(airflow, "opsbot-1")

    assert run["state"] == "failed"
    messages = await reader.messages({"term": {"run_id": {"value": "opsbot-1"}}})
    assert any("read 6000 rows from source DB replica-1" in message for message in messages)
    assert any("could not obtain lock on warehouse table" in message for message in messages)
    assert not any("timeout to source" in message for message in messages)
    assert company.warehouse.read("daily_revenue") is None


async def test_a_source_nobody_knows_fails_with_the_names_that_are(
    company: Company, airflow: Airflow, reader: Reader
) -> None:
    await switch(airflow, "replica-9")

    run = await rerun(airflow, "opsbot-1")

    assert run["state"] == "failed"
    messages = await reader.messages({"term": {"level": {"value": "error"}}})
    assert any("could not resolve source DB replica-9" in message for message in messages)


async def test_the_graph_of_a_stalled_replica_has_no_step_back(
    company: Company, reader: Reader, until: Callable[..., Awaitable[None]]
) -> None:
    lag = 'db_replica_lag_seconds{instance="replica-2"}'
    await until(lambda: reader.metric(f"count_over_time({lag}[5s])"))
    hurry(company)
    await company.break_etl()

    _, body = await reader.prometheus("/api/v1/query", query=f"{lag}[3h]")

    (row,) = body["data"]["result"]
    values = [float(value) for _, value in row["values"]]
    stalled = values[next(n for n, value in enumerate(values) if value > 60) :]
    assert len(stalled) > 500
    assert stalled == sorted(stalled)


async def test_the_lag_of_a_stalled_replica_grows_with_the_clock(
    company: Company, reader: Reader
) -> None:
    hurry(company)
    await company.break_etl()

    growth = await reader.metric('deriv(db_replica_lag_seconds{instance="replica-2"}[30m])')
    steady = await reader.metric('deriv(db_replica_lag_seconds{instance="replica-1"}[30m])')

    assert 0.9 < growth["replica-2"] < 1.1
    assert abs(steady["replica-1"]) < 0.1


async def test_the_novel_failure_is_told_by_logs_and_metrics_of_job_and_dependency(
    company: Company, airflow: Airflow, reader: Reader, receiver: Receiver
) -> None:
    company.alert_to(receiver.url, receiver.token)
    quiet = await reader.metric(errors_of_feature_store("[10m]"))

    run = await company.break_novel()

    assert run.state == "failed"
    labels = (await receiver.next())["commonLabels"]
    assert labels["job"] == "customer_churn_scoring"
    errors = await reader.messages(
        {
            "bool": {
                "filter": [
                    {"term": {"service": {"value": "churn-scoring"}}},
                    {"term": {"level": {"value": "error"}}},
                ]
            }
        }
    )
    assert errors[0].startswith("model artifact checksum mismatch for churn-v7: expected sha256:")
    assert await reader.messages({"match_phrase": {"message": "response truncated"}})
    loud = await reader.metric(errors_of_feature_store("[10m]"))
    assert quiet["feature-store-1"] < 0.01
    assert loud["feature-store-1"] > 0.1


def errors_of_feature_store(span: str) -> str:
    errors = f'sum by (instance) (rate(http_requests_total{{code="503"}}{span}))'
    return f"{errors} / sum by (instance) (rate(http_requests_total{span}))"


async def test_the_churn_job_succeeds_while_the_feature_store_is_well(
    company: Company, airflow: Airflow
) -> None:
    body = {"dag_run_id": "m1", "logical_date": None}
    await airflow("POST", "/dags/customer_churn_scoring/dagRuns", body)

    assert (await airflow.ended("customer_churn_scoring", "m1"))["state"] == "success"
