"""Reading logs from Elasticsearch: what is asked, what is made of the answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from tests.fakes.http_server import FakeServer
from tools.kit.errors import InvalidCall, Refused, Unavailable
from tools.kit.http import within
from tools.kit.tool import Context
from tools.logs.elasticsearch import Elasticsearch, ElasticsearchSettings
from tools.logs.tools import QueryLogs, QueryLogsParams

UNTIL = datetime(2026, 11, 23, 1, 50, tzinfo=UTC)


class Cluster:
    """Answers each search with the next of its bodies, the last one for ever; or by its size."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = [hits([])]
        self.by_size: dict[int, dict[str, Any]] = {}
        self.server = FakeServer(self._handle)
        self.settings: dict[str, Any] = {}

    async def run(self, ctx: Context | None = None, **params: Any) -> Any:
        settings = {"api_key": SecretStr("k"), **self.settings}
        store = Elasticsearch(ElasticsearchSettings(url=self.server.url, **settings))
        try:
            return await QueryLogs(store).run(
                QueryLogsParams(until=UNTIL, **params), ctx or within(5)
            )
        finally:
            await store.close()

    def filters(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.server.seen[0].body["query"]["bool"]["filter"]
        return found

    async def _handle(self, request: web.Request) -> web.Response:
        if self.by_size:
            size = (await request.json())["size"]
            return web.json_response(self.by_size.get(size, hits([])))
        body = self.bodies.pop(0) if len(self.bodies) > 1 else self.bodies[0]
        return web.json_response(body, status=body.pop("status", 200))


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    cluster = Cluster()
    async with cluster.server:
        yield cluster


def hits(lines: list[dict[str, Any]], total: int | None = None) -> dict[str, Any]:
    value = len(lines) if total is None else total
    return {
        "timed_out": False,
        "_shards": {"total": 2, "failed": 0},
        "hits": {
            "total": {"value": value, "relation": "eq"},
            "hits": [{"_source": line} for line in lines],
        },
    }


def line(second: int, message: str, level: str = "INFO") -> dict[str, Any]:
    at = f"2026-11-23T01:47:{second:02}.000Z"
    return {"@timestamp": at, "level": level, "service": "etl", "message": message}


async def test_everything_asked_for_is_in_the_request(cluster: Cluster) -> None:
    await cluster.run(
        service="etl",
        contains="connection timeout",
        labels={"host.name": "a"},
        minutes=10,
        limit=7,
        order="oldest",
    )
    seen = cluster.server.seen[0]
    assert seen.path == "/logs-*/_search"
    assert seen.headers["Authorization"] == "ApiKey k"
    assert seen.body["size"] == 7
    assert seen.body["sort"] == [{"@timestamp": {"order": "asc"}}]
    assert seen.body["track_total_hits"] is True
    window = {"gte": "2026-11-23T01:40:00.000Z", "lte": "2026-11-23T01:50:00.000Z"}
    assert cluster.filters() == [
        {"range": {"@timestamp": window}},
        {"term": {"service": {"value": "etl"}}},
        {"term": {"host.name": {"value": "a"}}},
        {"match_phrase": {"message": {"query": "connection timeout"}}},
    ]


async def test_a_severity_includes_the_worse_ones_however_they_are_spelt(
    cluster: Cluster,
) -> None:
    await cluster.run(service="etl", level="error")
    spelt = cluster.filters()[-1]["terms"]["level"]
    assert {"error", "ERROR", "Error", "FATAL", "critical"} <= set(spelt)
    assert not {"warn", "WARNING", "info"} & set(spelt)


async def test_the_first_errors_come_first_then_the_newest_lines(cluster: Cluster) -> None:
    failed = line(3, "connection timeout to source DB replica-2", "ERROR")
    cluster.bodies = [
        hits([line(9, "giving up"), failed, line(1, "starting")]),
        hits([failed]),
    ]
    evidence = await cluster.run(service="etl")
    assert evidence.status == "found"
    assert [each.split("Z ")[1] for each in evidence.excerpt.splitlines()] == [
        "ERROR etl connection timeout to source DB replica-2",
        "INFO etl giving up",
        "INFO etl starting",
    ]
    assert evidence.values["first_error"] == "connection timeout to source DB replica-2"
    assert evidence.values["count"] == 3
    assert evidence.values["lines"][1] == {
        "at": "2026-11-23T01:47:03+00:00",
        "level": "error",
        "service": "etl",
        "message": "connection timeout to source DB replica-2",
    }
    assert not evidence.truncated


async def test_where_no_line_is_an_error_none_is_looked_for(cluster: Cluster) -> None:
    cluster.bodies = [hits([line(1, "starting")])]
    evidence = await cluster.run(service="etl")
    assert evidence.values["first_error"] is None
    assert len(cluster.server.seen) == 1


async def test_the_first_error_is_looked_for_beyond_the_page_of_the_newest(
    cluster: Cluster,
) -> None:
    cluster.bodies = [
        hits([line(9, "noise")], total=900),
        hits([line(1, "the cause", "ERROR")], total=40),
    ]
    evidence = await cluster.run(service="etl", limit=1)
    assert evidence.values["first_error"] == "the cause"
    assert evidence.values["count"] == 900
    assert evidence.truncated
    assert cluster.server.seen[1].body["sort"] == [{"@timestamp": {"order": "asc"}}]


async def test_nothing_found_is_empty_not_failed(cluster: Cluster) -> None:
    evidence = await cluster.run(service="etl")
    assert evidence.status == "empty"
    assert evidence.values == {"count": 0, "lines": [], "first_error": None}


async def test_nothing_found_in_half_of_the_shards_is_no_finding(cluster: Cluster) -> None:
    cluster.bodies = [hits([])]
    cluster.bodies[0]["_shards"]["failed"] = 1
    with pytest.raises(Unavailable, match="1 of 2 shards failed"):
        await cluster.run(service="etl")


async def test_lines_from_half_of_the_shards_say_that_they_are_not_all(cluster: Cluster) -> None:
    cluster.bodies = [hits([line(1, "x")]) | {"timed_out": True}]
    evidence = await cluster.run(service="etl")
    assert evidence.truncated
    assert "ran out of time" in evidence.summary


async def test_more_lines_than_fit_are_folded_into_their_budget(cluster: Cluster) -> None:
    cluster.bodies = [hits([line(n, f"message {n}") for n in range(50)])]
    ctx = Context(deadline=within(5).deadline, max_chars=200)
    evidence = await cluster.run(ctx, service="etl")
    assert len(evidence.excerpt) <= 200
    assert evidence.truncated
    assert "×50 01:47:00–01:47:49 INFO message <n> | first: message 0" in evidence.excerpt
    assert len(evidence.values["lines"]) == 50


async def test_of_a_large_window_more_lines_are_folded_than_are_given_as_values(
    cluster: Cluster,
) -> None:
    page = [line(n % 60, f"took {n} ms") for n in range(50)]
    sample = [*page, *(line(n % 60, f"took {n} ms") for n in range(949)), line(1, "out of memory")]
    cluster.by_size = {50: hits(page, total=90_000), 1_000: hits(sample, total=90_000)}
    evidence = await cluster.run(service="etl")
    assert "×999" in evidence.excerpt
    assert "out of memory" in evidence.excerpt
    assert len(evidence.values["lines"]) == 50
    assert evidence.values["count"] == 90_000


async def test_a_large_window_whose_lines_are_too_long_to_fold_is_no_failure(
    cluster: Cluster,
) -> None:
    page = hits([line(n, "x" * 100) for n in range(50)], total=90_000)
    cluster.by_size = {50: page, 1_000: hits([line(1, "x" * 9_000_000)])}
    evidence = await cluster.run(service="etl")
    assert evidence.status == "found"
    assert "×50" in evidence.excerpt


async def test_whoever_asks_for_few_lines_causes_no_large_search(cluster: Cluster) -> None:
    cluster.bodies = [hits([line(9, "noise")], total=900)]
    await cluster.run(service="etl", limit=5)
    assert max(seen.body["size"] for seen in cluster.server.seen) == 5


async def test_of_a_document_only_what_is_shown_is_fetched(cluster: Cluster) -> None:
    cluster.settings = {"service_field": "service.name.keyword"}
    await cluster.run(service="etl")
    wanted = cluster.server.seen[0].body["_source"]
    assert wanted == {"includes": ["@timestamp", "message", "level", "service.name"]}


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"level": "error"},
        {"service": ""},
        {"service": "*"},
        {"contains": " "},
        {"contains": "**"},
        {"service": "etl", "labels": {"host": ""}},
        {"labels": {"": "x"}},
        {"labels": {'a":{"x': "x"}},
    ],
)
async def test_a_selector_that_selects_nothing_is_refused_before_asking(
    cluster: Cluster, params: dict[str, Any]
) -> None:
    with pytest.raises(InvalidCall):
        await cluster.run(**params)
    assert cluster.server.seen == []


async def test_the_cluster_explains_a_refused_query_in_its_own_words(cluster: Cluster) -> None:
    cause = {"type": "query_shard_exception", "reason": "failed to create query"}
    cluster.bodies = [{"status": 400, "error": {"root_cause": [cause], "type": "x"}}]
    with pytest.raises(InvalidCall, match="query_shard_exception: failed to create query"):
        await cluster.run(service="etl")


async def test_a_refused_key_names_its_setting(cluster: Cluster) -> None:
    cluster.bodies = [{"status": 401, "error": "no"}]
    with pytest.raises(Refused, match="OPSBOT_ELASTICSEARCH_API_KEY"):
        await cluster.run(service="etl")


async def test_fields_of_the_common_schema_are_found_nested_and_flat(cluster: Cluster) -> None:
    cluster.settings = {"level_field": "log.level", "service_field": "service.name.keyword"}
    at = "2026-11-23T01:47:01Z"
    nested = {"log": {"level": "Error"}, "service": {"name": "etl"}}
    flat = {"log.level": "WARN", "service.name": "etl"}
    cluster.bodies = [
        hits(
            [{"@timestamp": at, "message": "a"} | nested, {"@timestamp": at, "message": "b"} | flat]
        )
    ]
    evidence = await cluster.run(service="etl", level="warning")
    assert [(each["level"], each["service"]) for each in evidence.values["lines"]] == [
        ("error", "etl"),
        ("warn", "etl"),
    ]
    assert cluster.filters()[1] == {"term": {"service.name.keyword": {"value": "etl"}}}
    assert "log.level" in cluster.filters()[2]["terms"]


async def test_a_person_gets_a_link_that_quotes_what_was_asked(cluster: Cluster) -> None:
    cluster.settings = {"kibana_url": "https://kibana.example/"}
    evidence = await cluster.run(service="etl", contains="it's down!")
    assert evidence.url.startswith("https://kibana.example/app/discover#/?_g=(time:(from:'2026-")
    assert "it!'s%20down!!" in evidence.url


async def test_check_says_what_answered(cluster: Cluster) -> None:
    cluster.bodies = [{"version": {"number": "9.2.1"}}]
    store = Elasticsearch(ElasticsearchSettings(url=cluster.server.url))
    said = await store.check()
    await store.close()
    assert said == f"Elasticsearch 9.2.1 at {cluster.server.url}, index logs-*"
