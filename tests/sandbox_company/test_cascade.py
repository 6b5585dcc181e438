"""The cascade really happens and really ends: a database fills, an API times out, a queue grows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bot.sandbox.company import Company

if TYPE_CHECKING:
    from tests.sandbox_company.conftest import Airflow, Reader

Until = Callable[..., Awaitable[None]]

JOB = "orders_export"
PARAMETER = f"{JOB}.parallelism"
USED = 'db_connections{service="orders-db"} / db_connections_max{service="orders-db"}'
BY_CLIENT = 'max by (job) (max_over_time(db_connections_by_client{client="%s"}[10s]))'
DEPTH = 'queue_depth{service="orders-queue"}'


def firing(company: Company) -> set[str]:
    alerts = company.alerts.alerts.values()
    return {alert.labels["service"] for alert in alerts if alert.ends_at is None}


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def test_one_change_raises_three_alerts_and_only_setting_it_back_resolves_them(
    company: Company, airflow: Airflow, reader: Reader, until: Until
) -> None:
    fired = await company.break_wide()

    assert fired[0] == "ApiLatencyHigh"
    assert set(fired[1:]) == {"DatabaseConnectionsSaturated", "QueueBacklogGrowing"}
    starts = [alert.starts_at for alert in company.alerts.alerts.values()]
    assert max(starts) - min(starts) < 60
    holders = await reader.metric(BY_CLIENT % JOB)
    assert holders["orders-db"] > 20
    refusals = await reader.messages({"match_phrase": {"message": "sorry, too many clients"}})
    assert any("orders-api" in text for text in refusals)
    assert company.effects == []

    runs = len(company.scheduler.runs_of(JOB))
    await until(lambda: len(company.scheduler.runs_of(JOB)) > runs, 15)
    assert {"orders-db", "orders-api"} <= firing(company)

    body = {"key": PARAMETER, "value": "4"}
    status, _ = await airflow("PATCH", f"/variables/{PARAMETER}", body, update_mask="value")

    assert status == 200
    await until(lambda: not firing(company), 45)
    assert (await reader.metric(DEPTH))["orders-queue-1"] < 30
    assert len(company.effects) == 1


async def test_before_the_change_everything_is_well(company: Company, reader: Reader) -> None:
    await company.start_orders()
    await asyncio.sleep(1.5)

    assert firing(company) == set()
    assert (await reader.metric(USED))["orders-db-1"] < 0.5
    failing = await reader.metric('rate(http_requests_total{service="orders-api",code="503"}[5h])')
    assert failing == {"orders-api-1": 0.0}
    requests = await reader.metric('rate(http_requests_total{service="checkout",code="200"}[1h])')
    assert 5 < requests["checkout-1"] < 7


async def test_the_order_services_end_with_the_company(tmp_path: Path) -> None:
    company = Company(tmp_path)
    await company.start()
    await asyncio.gather(company.start_orders(), company.start_orders())
    pids = [one.pid for one in company.instances.values()]
    assert len(pids) == 7

    await company.stop()

    assert not [pid for pid in pids if alive(pid)]
