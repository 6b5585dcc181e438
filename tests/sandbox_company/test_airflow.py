"""Variables and runs answer as Airflow 3's REST API does, refusals included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession

from bot.sandbox.company import Company

if TYPE_CHECKING:
    from tests.sandbox_company.conftest import Airflow

JOB = "customer_churn_scoring"
RUNS = f"/dags/{JOB}/dagRuns"
KEY = "daily_revenue_aggregation.source"


async def test_a_wrong_password_gets_no_token(company: Company, session: ClientSession) -> None:
    url = f"{company.environment()['OPSBOT_AIRFLOW_URL']}/auth/token"
    async with session.post(url, json={"username": "opsbot", "password": "no"}) as answer:
        assert answer.status == 401
        assert await answer.json() == {"detail": "Invalid credentials"}
    async with session.post(url, json={"username": "opsbot"}) as answer:
        assert answer.status == 422


@pytest.mark.parametrize(("header", "status"), [(None, 401), ("Basic x", 401), ("Bearer x", 403)])
async def test_without_a_token_of_its_own_nothing_is_answered(
    company: Company, session: ClientSession, header: str | None, status: int
) -> None:
    url = f"{company.environment()['OPSBOT_AIRFLOW_URL']}/api/v2/variables/{KEY}"
    headers = {"Authorization": header} if header else {}
    body = {"key": KEY, "value": "replica-1"}
    async with session.patch(url, json=body, headers=headers) as answer:
        assert answer.status == status
    assert company.effects == []


async def test_a_variable_is_read_set_made_and_deleted(company: Company, airflow: Airflow) -> None:
    status, held = await airflow("GET", f"/variables/{KEY}")
    assert (status, held["value"]) == (200, "replica-2")

    body = {"key": KEY, "value": "replica-1", "description": "changed"}
    status, held = await airflow("PATCH", f"/variables/{KEY}", body, update_mask="value")
    assert status == 200
    assert held["value"] == "replica-1"
    assert held["description"] != "changed"

    status, _ = await airflow("POST", "/variables", {"key": "new", "value": "1"})
    assert status == 201
    assert (await airflow("DELETE", "/variables/new"))[0] == 204
    assert (await airflow("DELETE", "/variables/new"))[0] == 404
    assert [effect["operation"] for effect in company.effects] == [
        "variable.set", "variable.set", "variable.deleted",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/variables/none", None, 404),
        ("PATCH", "/variables/none", {"key": "none", "value": "x"}, 404),
        ("PATCH", f"/variables/{KEY}", {"key": "other", "value": "x"}, 400),
        ("PATCH", f"/variables/{KEY}", {"key": KEY, "value": 3}, 422),
        ("PATCH", f"/variables/{KEY}", {"key": KEY, "value": "x", "more": 1}, 422),
        ("POST", "/variables", {"key": KEY, "value": "x"}, 409),
        ("POST", RUNS, {"dag_run_id": "r"}, 422),
        ("POST", RUNS, {"logical_date": None, "config": {}}, 422),
        ("POST", RUNS, {"logical_date": "tomorrow"}, 422),
        ("POST", "/dags/none/dagRuns", {"logical_date": None}, 404),
        ("POST", f"{RUNS}/none/clear", {"dry_run": False}, 404),
        ("GET", f"{RUNS}/none", None, 404),
        ("GET", "/dags/none", None, 404),
        ("GET", "/nowhere", None, 404),
    ],
)
async def test_a_refusal_has_its_status_and_changes_nothing(
    company: Company, airflow: Airflow, method: str, path: str, body: Any, status: int
) -> None:
    answered, refusal = await airflow(method, path, body)

    assert answered == status
    assert refusal["detail"]
    assert company.effects == []


async def test_a_missing_logical_date_is_named(airflow: Airflow) -> None:
    _, refusal = await airflow("POST", RUNS, {})

    assert refusal["detail"][0]["type"] == "missing"
    assert refusal["detail"][0]["loc"] == ["body", "logical_date"]


async def test_a_run_id_starts_at_most_one_run(company: Company, airflow: Airflow) -> None:
    body = {"dag_run_id": "once", "logical_date": None, "note": "by opsbot"}
    status, run = await airflow("POST", RUNS, body)
    assert (status, run["state"], run["note"]) == (200, "queued", "by opsbot")

    status, refusal = await airflow("POST", RUNS, body)

    assert status == 409
    assert refusal["detail"]["reason"] == "Unique constraint violation"
    ended = await airflow.ended(JOB, "once")
    assert ended["triggered_by"] == "rest_api"
    assert ended["run_type"] == "manual"
    assert len([e for e in company.effects if e["operation"] == "run.started"]) == 1


async def test_runs_are_listed_in_order_and_by_state(airflow: Airflow) -> None:
    await airflow("POST", RUNS, {"dag_run_id": "last", "logical_date": None})
    await airflow.ended(JOB, "last")

    _, page = await airflow("GET", RUNS, order_by="-run_after", limit="2")
    assert page["total_entries"] == 4
    assert page["dag_runs"][0]["dag_run_id"] == "last"
    assert len(page["dag_runs"]) == 2
    assert (await airflow("GET", RUNS, state="failed"))[1]["dag_runs"] == []
    assert (await airflow("GET", RUNS, order_by="colour"))[0] == 400
    assert (await airflow("GET", RUNS, limit="many"))[0] == 422


async def test_a_cleared_run_runs_again_as_another_try(company: Company, airflow: Airflow) -> None:
    await company.break_novel()
    await company.instances["feature-store-1"].tell({"op": "recover"})
    _, page = await airflow("GET", RUNS, state="failed")
    run_id = page["dag_runs"][0]["dag_run_id"]

    _, tasks = await airflow("POST", f"{RUNS}/{run_id}/clear", {})
    assert tasks["total_entries"] == 1
    assert company.effects == []
    status, _ = await airflow("POST", f"{RUNS}/{run_id}/clear", {"dry_run": False})

    assert status == 200
    assert (await airflow.ended(JOB, run_id))["state"] == "success"
    _, tasks = await airflow("GET", f"{RUNS}/{run_id}/taskInstances")
    assert tasks["task_instances"][0]["try_number"] == 2
    for number, last in ((1, "failed (exit code 1)"), (2, "job succeeded")):
        path = f"{RUNS}/{run_id}/taskInstances/score_customers/logs/{number}"
        _, log = await airflow("GET", path)
        assert log["content"][-1]["event"].endswith(last)
    assert [effect["operation"] for effect in company.effects] == ["run.cleared"]


async def test_it_tells_its_version_and_its_dags(airflow: Airflow) -> None:
    assert (await airflow("GET", "/version"))[1]["version"].startswith("3.")
    _, page = await airflow("GET", "/dags")
    assert {dag["dag_id"] for dag in page["dags"]} == {JOB, "daily_revenue_aggregation"}
    assert (await airflow("GET", f"/dags/{JOB}"))[1]["owners"] == ["ml"]
    assert (await airflow("GET", "/dags/~/dagRuns"))[1]["total_entries"] == 6
