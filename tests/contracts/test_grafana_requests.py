"""What opsbot asks Grafana, and what the sample company answers, is as Grafana's file says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from jsonschema import Draft202012Validator

from bot.sandbox.company import Company
from tests.contracts import vendor_specs
from tests.contracts.query_values import value_faults
from tests.fakes.http_server import FakeServer, Seen
from tools.changes.grafana import Grafana, GrafanaSettings
from tools.changes.tools import QueryChanges, QueryChangesParams
from tools.kit.http import within

BASE = "/api"


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    return vendor_specs.load("grafana.openapi.json")


def faults(spec: dict[str, Any], seen: Seen) -> list[str]:
    path = seen.path.removeprefix(spec["basePath"])
    return vendor_specs.faults(spec, seen, path) + value_faults(spec, seen, path)


async def sent() -> list[Seen]:
    async def handle(request: web.Request) -> web.Response:
        return web.json_response([] if request.path.endswith("annotations") else {})

    async with FakeServer(handle) as server:
        backend = Grafana(GrafanaSettings(url=server.url))
        until = datetime(2026, 11, 23, 1, 47, 3, 120, tzinfo=UTC)
        params = QueryChangesParams(services=("etl", "source db"), until=until)
        await backend.check()
        await QueryChanges(backend).run(params, within(5))
        await backend.close()
        return server.seen


async def test_each_request_is_one_the_file_takes(spec: dict[str, Any]) -> None:
    seen = await sent()
    assert len(seen) == 3
    for each in seen:
        assert each.path.startswith(BASE)
        assert faults(spec, each) == []


@pytest.mark.parametrize(
    "change",
    [
        {"from": ["2026-11-23T01:47:00Z"]},
        {"matchAny": ["yes"]},
        {"type": ["deploy"]},
        {"tag": ["etl"]},
    ],
)
async def test_the_same_request_with_a_fault_is_refused(
    spec: dict[str, Any], change: dict[str, list[str]]
) -> None:
    seen = (await sent())[-1]
    assert faults(spec, replace(seen, query={**seen.query, **change})) != []


async def test_the_sample_companys_annotations_are_as_the_file_says(
    spec: dict[str, Any], tmp_path: Path
) -> None:
    company = Company(tmp_path)
    endpoint = company.endpoints["grafana"]
    await endpoint.start()
    headers = {"Authorization": f"Bearer {company.environment()['OPSBOT_GRAFANA_TOKEN']}"}
    async with (
        ClientSession() as session,
        session.get(f"{endpoint.url}/api/annotations", headers=headers) as answer,
    ):
        shown = await answer.json()
    await endpoint.stop()

    assert annotation_faults(spec, shown) == []
    assert annotation_faults(spec, [{**shown[0], "time": "now"}]) != []
    assert not set(shown[0]) - set(spec["definitions"]["Annotation"]["properties"])


def annotation_faults(spec: dict[str, Any], shown: Any) -> list[str]:
    schema = {
        "type": "array",
        "items": {"$ref": "#/definitions/Annotation"},
        "definitions": spec["definitions"],
    }
    return [error.message for error in Draft202012Validator(schema).iter_errors(shown)]
