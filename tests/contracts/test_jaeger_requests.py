"""What opsbot asks Jaeger, and what the sample company answers, is what Jaeger's own file says."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web

from bot.sandbox.company import Company
from bot.sandbox.company.instant import iso
from tests.contracts import vendor_specs
from tests.contracts.query_values import value_faults
from tests.fakes.http_server import FakeServer, Seen
from tools.kit.http import within
from tools.traces.jaeger import Jaeger, JaegerSettings
from tools.traces.tools import QueryTraces, QueryTracesParams

TRACES = {"$ref": "#/components/schemas/opentelemetry.proto.trace.v1.TracesData"}
SPAN = {
    "trace_id": "a" * 32,
    "span_id": "b" * 16,
    "parent_id": "",
    "name": "GET /orders",
    "at": 1_795_400_000.25,
    "seconds": 0.5,
    "error": "timeout",
}


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    return vendor_specs.load("jaeger.openapi.yaml")


def faults(spec: dict[str, Any], seen: Seen) -> list[str]:
    return vendor_specs.faults(spec, seen) + value_faults(spec, seen)


async def sent(**params: Any) -> list[Seen]:
    async def handle(request: web.Request) -> web.Response:
        return web.json_response({"services": [], "resourceSpans": []})

    async with FakeServer(handle) as server:
        backend = Jaeger(JaegerSettings(url=server.url))
        until = datetime(2026, 11, 23, 1, 47, tzinfo=UTC)
        await backend.check()
        await QueryTraces(backend).run(
            QueryTracesParams(service="orders-api", until=until, **params), within(5)
        )
        await backend.close()
        return server.seen


@pytest.mark.parametrize("params", [{}, {"operation": "GET /a?b", "min_seconds": 0.25}], ids=str)
async def test_each_request_is_one_the_file_takes(
    spec: dict[str, Any], params: dict[str, Any]
) -> None:
    seen = await sent(**params)
    assert [each.path for each in seen] == ["/api/v3/services", "/api/v3/traces"]
    for each in seen:
        assert faults(spec, each) == []


@pytest.mark.parametrize(
    "change",
    [
        {"query.startTimeMin": ["1795398420000000"]},
        {"query.durationMin": ["0.25"]},
        {"query.searchDepth": ["all"]},
        {"query.service_name": ["orders-api"]},
    ],
)
async def test_the_same_request_with_a_fault_is_refused(
    spec: dict[str, Any], change: dict[str, list[str]]
) -> None:
    seen = (await sent())[-1]
    assert faults(spec, replace(seen, query={**seen.query, **change})) != []


async def test_the_sample_companys_traces_are_otlp_as_the_file_has_it(
    spec: dict[str, Any], tmp_path: Path
) -> None:
    company = Company(tmp_path)
    company.traces.add("orders-api", "orders-api-1", {**SPAN, "at": time.time() - 5})
    endpoint = company.endpoints["jaeger"]
    await endpoint.start()
    headers = {"Authorization": f"Bearer {company.environment()['OPSBOT_JAEGER_TOKEN']}"}
    query = {
        "query.serviceName": "orders-api",
        "query.startTimeMin": iso(time.time() - 60),
        "query.startTimeMax": iso(),
    }
    async with (
        ClientSession() as session,
        session.get(f"{endpoint.url}/api/v3/traces", params=query, headers=headers) as answer,
    ):
        shown = (await answer.json())["result"]
    await endpoint.stop()

    assert vendor_specs.schema_faults(spec, TRACES, shown) == []
    span = shown["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    known = spec["components"]["schemas"]["opentelemetry.proto.trace.v1.Span"]["properties"]
    assert not set(span) - set(known)
    span["startTimeUnixNano"] = 1_795_400_000
    assert vendor_specs.schema_faults(spec, TRACES, shown) != []
