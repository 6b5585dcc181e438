"""The log store answers searches as Elasticsearch does, and refuses what it would refuse."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession

from bot.sandbox.company import Company
from bot.sandbox.company.instant import iso

if TYPE_CHECKING:
    from tests.sandbox_company.conftest import Reader

OWN = {"term": {"service": {"value": "shop"}}}


@pytest.fixture
def company(idle_company: Company) -> Company:
    return idle_company


@pytest.fixture(autouse=True)
def lines(company: Company) -> None:
    now = time.time()
    for ago, level, message, extra in (
        (7200, "info", "cart opened", {}),
        (600, "warn", "slow answer from payment-gateway, 3.2s", {"status": 200}),
        (60, "error", "connection timeout to source DB replica-2", {"status": 504, "job": "j"}),
        (30, "error", "connection refused by replica-1", {"status": 502}),
    ):
        company.logs.append("shop", level, message, at=now - ago, **extra)


def only(*clauses: Any) -> dict[str, Any]:
    return {"bool": {"filter": [OWN, *clauses]}}


@pytest.mark.parametrize(
    ("clause", "found"),
    [
        ({"match_all": {}}, 4),
        ({"match_none": {}}, 0),
        ({"term": {"level": "error"}}, 2),
        ({"term": {"level": {"value": "ERROR", "case_insensitive": True}}}, 2),
        ({"term": {"level": {"value": "ERROR"}}}, 0),
        ({"term": {"level.keyword": {"value": "error"}}}, 2),
        ({"terms": {"level": ["warn", "info"]}}, 2),
        ({"match": {"message": "timeout refused"}}, 2),
        ({"match": {"message": {"query": "connection timeout", "operator": "and"}}}, 1),
        ({"match_phrase": {"message": "source DB replica-2"}}, 1),
        ({"match_phrase": {"message": "DB source"}}, 0),
        ({"range": {"@timestamp": {"gte": "now-30m"}}}, 3),
        ({"range": {"@timestamp": {"gte": "now-3h", "lt": "now-5m"}}}, 2),
        ({"range": {"@timestamp": {"gte": iso(time.time() - 1800)}}}, 3),
        ({"range": {"status": {"gte": 500}}}, 2),
        ({"exists": {"field": "job"}}, 1),
        ({"prefix": {"message": {"value": "pay"}}}, 1),
        ({"wildcard": {"level": {"value": "*r*"}}}, 3),
        ({"simple_query_string": {"query": "timeout | refused", "fields": ["message"]}}, 2),
        ({"simple_query_string": {"query": "refused -connection"}}, 3),
        (
            {"simple_query_string": {"query": "connection -refused", "default_operator": "and"}},
            1,
        ),
        ({"query_string": {"query": "connection -refused"}}, 1),
        ({"query_string": {"query": 'level:error AND "replica-2"'}}, 1),
        ({"query_string": {"query": "level:(warn OR info)"}}, 2),
        ({"query_string": {"query": "connection AND NOT timeout"}}, 1),
        ({"bool": {"must_not": [{"term": {"level": {"value": "error"}}}]}}, 2),
        ({"bool": {"should": [{"term": {"level": {"value": "warn"}}}]}}, 1),
        (
            {
                "bool": {
                    "should": [{"match": {"message": "connection"}}, {"exists": {"field": "job"}}],
                    "minimum_should_match": 2,
                }
            },
            1,
        ),
    ],
)
async def test_a_clause_finds_its_lines(reader: Reader, clause: Any, found: int) -> None:
    status, answer = await reader.search({"query": only(clause)})

    assert status == 200
    assert answer["hits"]["total"] == {"value": found, "relation": "eq"}
    assert len(answer["hits"]["hits"]) == found


async def test_hits_are_sorted_cut_and_shown_as_asked(reader: Reader) -> None:
    body = {
        "query": OWN,
        "sort": [{"@timestamp": {"order": "desc"}}],
        "size": 2,
        "from": 1,
        "_source": ["message", "@timestamp"],
    }
    _, answer = await reader.search(body)

    hits = answer["hits"]["hits"]
    assert [hit["_source"]["message"][:12] for hit in hits] == ["connection t", "slow answer "]
    assert set(hits[0]["_source"]) == {"message", "@timestamp"}
    assert hits[0]["sort"][0] > hits[1]["sort"][0]
    assert hits[0]["_index"].startswith("logs-acme-")
    assert answer["timed_out"] is False
    assert answer["_shards"]["failed"] == 0


async def test_count_and_aggregations_agree_with_the_search(reader: Reader) -> None:
    _, counted = await reader.search({"query": OWN}, verb="_count")
    _, answer = await reader.search(
        {
            "query": OWN,
            "size": 0,
            "aggs": {
                "levels": {
                    "terms": {"field": "level"},
                    "aggs": {
                        "times": {"date_histogram": {"field": "@timestamp", "fixed_interval": "1h"}}
                    },
                }
            },
        }
    )

    assert counted["count"] == 4
    levels = answer["aggregations"]["levels"]["buckets"]
    assert {bucket["key"]: bucket["doc_count"] for bucket in levels} == {
        "error": 2, "info": 1, "warn": 1,
    }  # fmt: skip
    assert sum(bucket["doc_count"] for bucket in levels[0]["times"]["buckets"]) == 2


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"query": {"sparkle": {}}}, "unknown query [sparkle]"),
        ({"query": {"match_all": {}, "term": {}}}, "exactly one query clause"),
        ({"query": {"bool": {"filters": []}}}, "[bool] query does not support [filters]"),
        ({"query": {"range": {"@timestamp": {"from": 1}}}}, "does not support [from]"),
        ({"query": {"query_string": {"query": "level:"}}}, "Failed to parse query"),
        ({"querry": {}}, "unknown key [querry]"),
        ({"aggs": {"a": {"percentiles": {}}}}, "Unknown aggregation type [percentiles]"),
        ({"size": 10_001}, "Result window is too large"),
    ],
)
async def test_a_query_it_does_not_know_is_a_parsing_exception(
    reader: Reader, body: Any, reason: str
) -> None:
    status, answer = await reader.search(body)

    assert status == 400
    assert answer["status"] == 400
    assert answer["error"]["type"] == "parsing_exception"
    assert reason in answer["error"]["reason"]


async def test_a_date_that_is_none_is_refused(reader: Reader) -> None:
    status, answer = await reader.search({"query": {"range": {"@timestamp": {"gte": "yesterday"}}}})

    assert status == 400
    assert "failed to parse date field [yesterday]" in answer["error"]["reason"]


async def test_a_missing_index_is_404_and_a_pattern_without_match_is_empty(reader: Reader) -> None:
    status, answer = await reader.search({}, index="logs-nowhere")
    assert status == 404
    assert answer["error"]["type"] == "index_not_found_exception"

    status, answer = await reader.search({}, index="metrics-*")
    assert status == 200
    assert answer["hits"]["total"]["value"] == 0


@pytest.mark.parametrize("header", [None, "ApiKey wrong", "Bearer x", "ApiKey "])
async def test_without_the_right_key_nothing_is_told(
    company: Company, session: ClientSession, header: str | None
) -> None:
    url = company.environment()["OPSBOT_ELASTICSEARCH_URL"]
    headers = {"Authorization": header} if header else {}
    async with session.get(f"{url}/logs-*/_search", headers=headers) as answer:
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == "ApiKey"
        assert (await answer.json())["error"]["type"] == "security_exception"


async def test_it_names_itself_and_its_health(company: Company, session: ClientSession) -> None:
    settings = company.environment()
    headers = {"Authorization": f"ApiKey {settings['OPSBOT_ELASTICSEARCH_API_KEY']}"}
    url = settings["OPSBOT_ELASTICSEARCH_URL"]
    async with session.get(f"{url}/", headers=headers) as answer:
        assert (await answer.json())["version"]["number"].startswith("8.")
        assert answer.headers["X-elastic-product"] == "Elasticsearch"
    async with session.get(f"{url}/_cluster/health", headers=headers) as answer:
        assert (await answer.json())["status"] == "green"
