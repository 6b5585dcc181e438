"""The company's Jaeger shows the requests that its processes really made."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession

from bot.sandbox.company import Company
from bot.sandbox.company.instant import iso

if TYPE_CHECKING:
    from tests.sandbox_company.conftest import Reader

Until = Callable[..., Awaitable[None]]


class Jaeger:
    def __init__(self, session: ClientSession, settings: dict[str, str]) -> None:
        self._session = session
        self._url = f"{settings['OPSBOT_JAEGER_URL']}/api/v3"
        self._headers = {"Authorization": f"Bearer {settings['OPSBOT_JAEGER_TOKEN']}"}

    async def get(self, path: str, **query: str) -> tuple[int, Any]:
        async with self._session.get(
            self._url + path, params=query, headers=self._headers
        ) as answer:
            return answer.status, await answer.json()

    async def spans(self, service: str, **query: str) -> list[tuple[str, dict[str, Any]]]:
        """Service and span of every span in the traces of a service."""
        now = time.time()
        window = {"query.startTimeMin": iso(now - 3600), "query.startTimeMax": iso(now + 1)}
        status, body = await self.get(
            "/traces", **{"query.serviceName": service, **window, **query}
        )
        assert status in (200, 404), body
        return [
            (resource["resource"]["attributes"][0]["value"]["stringValue"], span)
            for resource in (body["result"]["resourceSpans"] if status == 200 else [])
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]


@pytest.fixture
def jaeger(company: Company, session: ClientSession) -> Jaeger:
    return Jaeger(session, company.environment())


async def test_a_customers_request_is_followed_through_all_services(
    company: Company, jaeger: Jaeger, until: Until
) -> None:
    await company.start_orders()

    async def whole() -> bool:
        return {"checkout", "orders-queue", "orders-api", "orders-db"} <= {
            service for service, _ in await jaeger.spans("checkout")
        }

    await until(whole, 10)
    spans = await jaeger.spans("checkout")
    (root, *_) = [span for service, span in spans if service == "checkout"]
    below = [span for _, span in spans if span.get("parentSpanId") == root["spanId"]]
    assert "parentSpanId" not in root
    assert {span["name"] for span in below} == {"publish order", "GET /orders/quote"}
    assert all(span["traceId"] == root["traceId"] for span in below)


async def test_the_trace_of_a_failed_run_is_the_one_its_log_names(
    company: Company, jaeger: Jaeger, reader: Reader
) -> None:
    await company.break_etl()

    spans = [span for _, span in await jaeger.spans("etl")]

    _, found = await reader.search({"query": {"match_phrase": {"message": "connection timeout"}}})
    logged = {hit["_source"]["trace_id"] for hit in found["hits"]["hits"]}
    assert {span["traceId"] for span in spans} == logged
    failed = [span["name"] for span in spans if span["status"].get("code") == 2]
    assert failed.count("read orders from replica-2") == 2
    assert failed.count("run daily_revenue_aggregation") == 1


async def test_names_of_before_are_taken_as_those_of_now(company: Company, jaeger: Jaeger) -> None:
    await company.break_etl()
    window = {
        "query.start_time_min": iso(time.time() - 60),
        "query.start_time_max": iso(time.time() + 1),
    }
    status, _ = await jaeger.get("/traces", **{"query.service_name": "etl", **window})
    assert status == 200


async def test_operation_duration_and_depth_narrow_it(company: Company, jaeger: Jaeger) -> None:
    await company.break_etl()
    await company.scheduler.run_scheduled("customer_churn_scoring")

    assert await jaeger.spans("etl", **{"query.operationName": "run customer_churn_scoring"}) == []
    assert await jaeger.spans("churn-scoring", **{"query.durationMin": "60s"}) == []
    assert await jaeger.spans("etl", **{"query.durationMin": "1.000000000s"}) != []
    one = await jaeger.spans("etl", **{"query.searchDepth": "1"})
    assert len({span["traceId"] for _, span in one}) == 1


async def test_what_is_missing_or_malformed_is_refused(jaeger: Jaeger) -> None:
    assert (await jaeger.get("/traces"))[0] == 400
    with pytest.raises(AssertionError):
        await jaeger.spans("etl", **{"query.durationMin": "long"})
    assert (await jaeger.get("/traces/0123"))[0] == 404


async def test_services_and_operations_are_those_that_made_spans(
    company: Company, jaeger: Jaeger
) -> None:
    assert await jaeger.get("/services") == (200, {"services": []})
    await company.scheduler.run_scheduled("customer_churn_scoring")

    assert (await jaeger.get("/services"))[1] == {"services": ["churn-scoring"]}
    operations = (await jaeger.get("/operations", service="churn-scoring"))[1]["operations"]
    assert {one["name"] for one in operations} == {
        "fetch model artifact churn-v7",
        "run customer_churn_scoring",
    }
