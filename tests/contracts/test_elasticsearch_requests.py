"""Each search that opsbot sends is one that Elasticsearch's own specification takes."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from aiohttp import web

from tests.contracts import vendor_specs
from tests.fakes.http_server import FakeServer, Seen
from tools.kit.http import within
from tools.logs.elasticsearch import Elasticsearch, ElasticsearchSettings
from tools.logs.tools import QueryLogs, QueryLogsParams

CASES: list[dict[str, Any]] = [
    {"service": "etl"},
    {"contains": "connection timeout"},
    {"labels": {"host.name": "a", "region": "eu"}},
    {"service": "etl", "contains": "x", "level": "warning", "order": "oldest", "limit": 200},
]


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    found = _any_of(vendor_specs.load("elasticsearch.openapi.json"))
    assert isinstance(found, dict)
    return found


def _any_of(node: Any) -> Any:
    """The specification with `anyOf` for `oneOf`: a range of dates fits three kinds of range."""
    if isinstance(node, dict):
        return {"anyOf" if k == "oneOf" else k: _any_of(each) for k, each in node.items()}
    return [_any_of(each) for each in node] if isinstance(node, list) else node


async def sent(**params: Any) -> list[Seen]:
    total = count(5)

    async def handle(request: web.Request) -> web.Response:
        # More than a page: the second search, for the first errors, is made as well.
        return web.json_response({"hits": {"total": {"value": next(total)}, "hits": []}})

    async with FakeServer(handle) as server:
        store = Elasticsearch(ElasticsearchSettings(url=server.url))
        until = datetime(2026, 11, 23, 1, 47, tzinfo=UTC)
        await QueryLogs(store).run(QueryLogsParams(until=until, **params), within(5))
        await store.close()
        return server.seen


@pytest.mark.parametrize("params", CASES, ids=str)
async def test_a_search_is_one_the_specification_takes(
    spec: dict[str, Any], params: dict[str, Any]
) -> None:
    for seen in await sent(**params):
        assert vendor_specs.faults(spec, seen) == []


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("query", "bool", "filter", 1, "term"), {"service": "etl"}),
        (("query", "bool", "filter", 0, "range", "@timestamp"), "yesterday"),
        (("size",), "many"),
        (("query", "bool", "filter", 2, "match_phrase", "message"), {"query": ["a"]}),
        (("query",), {"bool": {}, "match_all": {}}),
    ],
)
async def test_the_same_search_with_a_fault_is_refused(
    spec: dict[str, Any], where: tuple[Any, ...], value: object
) -> None:
    seen = (await sent(service="etl", contains="x"))[0]
    body = deepcopy(seen.body)
    node = body
    for part in where[:-1]:
        node = node[part]
    node[where[-1]] = value
    faulty = Seen(seen.method, seen.path, {}, {}, body, seen.peer)
    assert vendor_specs.faults(spec, faulty) != []
