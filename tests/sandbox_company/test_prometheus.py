"""PromQL is really evaluated, over real samples, and answered as Prometheus answers."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession

from bot.sandbox.company import Company
from bot.sandbox.company.promql import Matrix, evaluate
from bot.sandbox.company.series_store import COARSE_STEP, SeriesStore

Until = Callable[..., Awaitable[None]]

if TYPE_CHECKING:
    from tests.sandbox_company.conftest import Reader

T = 10_000.0


@pytest.fixture
def store() -> SeriesStore:
    """Counters that grow 2/s and 6/s, a gauge, a histogram, every 15 s for ten minutes to T."""
    made = SeriesStore()
    for number in range(41):
        at = T - 600 + number * 15
        made.put("hits_total", {"code": "200", "host": "a"}, 2 * (at - T + 600), at)
        made.put("hits_total", {"code": "500", "host": "a"}, 6 * (at - T + 600), at)
        made.put("load", {"host": "a"}, number % 2, at)
        made.put("load", {"host": "b"}, 10, at)
        for edge, count in (("0.1", 50), ("1", 90), ("+Inf", 100)):
            made.put("took_bucket", {"le": edge}, count, at)
    return made


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3 ^ 2 ^ 0", 7.0),
        ("-2 ^ 2", -4.0),
        ("(1 + 2) * 3", 9.0),
        ("7 % 4", 3.0),
        ("1 / 0", math.inf),
        ("2 > bool 1", 1.0),
        ("time()", T),
        ("scalar(load{host='b'})", 10.0),
    ],
)
def test_a_scalar_expression_has_its_value(
    store: SeriesStore, expression: str, expected: float
) -> None:
    assert evaluate(store, expression, T) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("load{host='b'}", [10.0]),
        ("load{host!='b'}", [0.0]),
        ("load{host=~'a|b'}", [0.0, 10.0]),
        ("load{host!~'a.*'}", [10.0]),
        ("{__name__='load', host='b'}", [10.0]),
        ("load offset 15s", [1.0, 10.0]),
        ("rate(hits_total{code='200'}[5m])", [2.0]),
        ("increase(hits_total{code='200'}[5m])", [600.0]),
        ("irate(hits_total{code='500'}[5m])", [6.0]),
        ("delta(load{host='b'}[5m])", [0.0]),
        ("avg_over_time(load{host='a'}[5m])", [0.5]),
        ("max_over_time(load{host='a'}[5m])", [1.0]),
        ("min_over_time(load{host='a'}[5m])", [0.0]),
        ("sum(rate(hits_total[5m]))", [8.0]),
        ("sum by (code) (rate(hits_total[5m])) > 3", [6.0]),
        ("sum(rate(hits_total[5m])) without (code)", [8.0]),
        ("avg(load)", [5.0]),
        ("max(load)", [10.0]),
        ("min(load)", [0.0]),
        ("count(load)", [2.0]),
        ("topk(1, load)", [10.0]),
        ("load > 5", [10.0]),
        ("load > bool 5", [0.0, 1.0]),
        ("5 < load", [10.0]),
        ("load * 2 + 1", [1.0, 21.0]),
        ("load / load", [1.0, math.nan]),
        ("rate(hits_total{code='500'}[5m]) / on_nothing", []),
        ("load and load{host='b'}", [10.0]),
        ("load unless load{host='b'}", [0.0]),
        ("load{host='a'} or load", [0.0, 10.0]),
        ("absent(nothing{job='x'})", [1.0]),
        ("absent(load)", []),
        ("vector(3)", [3.0]),
        ("histogram_quantile(0.5, took_bucket)", [0.1]),
        ("nothing", []),
    ],
)
def test_a_vector_expression_has_its_values(
    store: SeriesStore, expression: str, expected: list[float]
) -> None:
    result = evaluate(store, expression, T)

    assert isinstance(result, list)
    values = sorted(str(round(value, 6)) for _, value in result)
    assert values == sorted(str(value) for value in expected)


def test_a_reset_counter_still_only_grows(store: SeriesStore) -> None:
    for number, value in enumerate((100, 160, 20, 80)):
        store.put("restarted_total", {}, value, T - 45 + number * 15)

    result = evaluate(store, "increase(restarted_total[45s])", T)

    assert isinstance(result, list)
    # 60 before the restart, 20 and 60 after it, of which the range leaves out the first sample.
    assert 80 <= result[0][1] <= 160


def test_names_are_dropped_where_a_value_is_no_longer_the_metrics(store: SeriesStore) -> None:
    kept = evaluate(store, "load > 5", T)
    dropped = evaluate(store, "load * 1", T)

    assert isinstance(kept, list)
    assert isinstance(dropped, list)
    assert kept[0][0]["__name__"] == "load"
    assert "__name__" not in dropped[0][0]


def test_samples_older_than_five_minutes_are_stale(store: SeriesStore) -> None:
    assert evaluate(store, "load", T + 299)
    assert evaluate(store, "load", T + 301) == []


def test_a_range_is_a_matrix_of_its_samples(store: SeriesStore) -> None:
    result = evaluate(store, "load{host='b'}[1m]", T)

    assert isinstance(result, Matrix)
    assert [moment for moment, _ in result.rows[0][1]] == [T - 45, T - 30, T - 15, T]


def test_old_samples_are_thinned_and_then_dropped() -> None:
    store = SeriesStore()
    for number in range(120_000):
        store.put("busy", {}, 1.0, T + number * 0.5)
    (series,) = store

    assert len(series.times) < 6000
    assert series.times[-1] - series.times[-2] == 0.5
    assert series.times[2] - series.times[1] >= COARSE_STEP


@pytest.mark.parametrize(
    "expression",
    [
        "", "sum(", "load{", "load{host=b}", "rate(load)", "rate(load[5])", "frobnicate(load)",
        "load[5m] + 1", "1 > 2", "load + on(host) load", "{}", "load @ 5", "sum(1)", "1 2",
        "load{host=~'('}", "rate(load[5m:1m])", "topk(load)", "'a'", "load and 1",
    ],
)  # fmt: skip
async def test_what_it_cannot_evaluate_is_bad_data(reader: Reader, expression: str) -> None:
    status, body = await reader.prometheus("/api/v1/query", query=expression)

    assert status == 400
    assert body["status"] == "error"
    assert body["errorType"] == "bad_data"
    assert body["error"]


async def test_the_scraper_measures_the_running_processes(
    company: Company, reader: Reader, until: Until
) -> None:
    await until(lambda: reader.metric("process_cpu_seconds_total"))

    assert await reader.metric("up") == {
        "replica-1": 1.0, "replica-2": 1.0, "feature-store-1": 1.0,
    }  # fmt: skip
    assert (await reader.metric("db_replica_up"))["replica-2"] == 1.0
    assert (await reader.metric("etl_job_last_exit_code"))["daily_revenue_aggregation"] == 0.0
    since = await reader.metric("time() - etl_job_last_success_timestamp_seconds")
    assert abs(since["daily_revenue_aggregation"] - 86_400) < 60


async def test_a_process_that_is_gone_is_down(
    company: Company, reader: Reader, until: Until
) -> None:
    await company.instances["replica-1"].end()

    await until(lambda: reader.metric('up{instance="replica-1"} == 0'))
    assert (await reader.metric("db_replica_up"))["replica-1"] == 0.0


async def test_a_range_query_shows_the_hours_before(reader: Reader) -> None:
    now = time.time()
    status, body = await reader.prometheus(
        "/api/v1/query_range",
        query='db_replica_lag_seconds{instance="replica-1"}',
        start=str(now - 3 * 3600), end=str(now), step="5m",
    )  # fmt: skip

    assert status == 200
    assert body["data"]["resultType"] == "matrix"
    (row,) = body["data"]["result"]
    assert len(row["values"]) == 37
    assert all(220 < float(value) < 260 for _, value in row["values"])


@pytest.mark.parametrize(
    "query",
    [
        {"query": "up", "start": "0", "end": "100", "step": "0"},
        {"query": "up", "start": "100", "end": "0", "step": "1"},
        {"query": "up", "start": "0", "end": "100000", "step": "1"},
        {"query": "up[5m]", "start": "0", "end": "10", "step": "1"},
        {"query": "up", "start": "soon", "end": "10", "step": "1"},
        {"query": "up", "start": "0", "end": "10"},
    ],
)
async def test_a_range_query_that_makes_no_sense_is_refused(
    reader: Reader, query: dict[str, str]
) -> None:
    status, body = await reader.prometheus("/api/v1/query_range", **query)

    assert status == 400
    assert body["errorType"] == "bad_data"


async def test_labels_series_and_metadata_tell_what_there_is(reader: Reader) -> None:
    _, labels = await reader.prometheus("/api/v1/labels")
    assert {"__name__", "instance", "job", "le"} <= set(labels["data"])
    _, values = await reader.prometheus(
        "/api/v1/label/instance/values", **{"match[]": "db_replica_up"}
    )
    assert values["data"] == ["replica-1", "replica-2"]
    _, series = await reader.prometheus("/api/v1/series", **{"match[]": 'up{service="source-db"}'})
    assert {one["instance"] for one in series["data"]} == {"replica-1", "replica-2"}
    _, metadata = await reader.prometheus("/api/v1/metadata")
    assert metadata["data"]["db_replica_lag_seconds"][0]["type"] == "gauge"


async def test_a_posted_form_is_a_query_too(company: Company, session: ClientSession) -> None:
    settings = company.environment()
    headers = {"Authorization": f"Bearer {settings['OPSBOT_PROMETHEUS_TOKEN']}"}
    url = f"{settings['OPSBOT_PROMETHEUS_URL']}/api/v1/query"
    async with session.post(url, data={"query": "1 + 1"}, headers=headers) as answer:
        assert (await answer.json())["data"]["result"][1] == "2"


@pytest.mark.parametrize("path", ["/api/v1/query?query=up", "/-/healthy"])
async def test_without_the_token_it_answers_401(
    company: Company, session: ClientSession, path: str
) -> None:
    url = company.environment()["OPSBOT_PROMETHEUS_URL"]
    async with session.get(f"{url}{path}") as answer:
        assert answer.status == 401
    async with session.get(f"{url}{path}", headers={"Authorization": "Bearer no"}) as answer:
        assert answer.status == 401
