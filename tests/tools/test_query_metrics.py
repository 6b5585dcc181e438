"""Reading measurements, from a real Prometheus where there is one."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from tests.fakes.http_server import FakeServer
from tools.kit.conformance import ReadCase, check_read_tool
from tools.kit.errors import InvalidCall, Refused, Unavailable
from tools.kit.http import within
from tools.metrics.prometheus import (
    MAX_POINTS,
    Prometheus,
    PrometheusSettings,
    step_seconds,
)
from tools.metrics.tools import QueryMetrics, QueryMetricsParams

BINARY = shutil.which("prometheus")
NOW = datetime(2026, 11, 23, 1, 47, tzinfo=UTC)

CONFIG = """
global: {{scrape_interval: 200ms}}
scrape_configs:
  - job_name: self
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a Prometheus that has scraped itself."""
    if BINARY is None:
        pytest.skip("no prometheus on this machine: Debian has it in the package prometheus")
    folder: Path = tmp_path_factory.mktemp("prometheus")
    port = _free_port()
    (folder / "prometheus.yml").write_text(CONFIG.format(port=port))
    process = subprocess.Popen(
        [
            BINARY,
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        asyncio.run(_until_scraped(url))
        yield url
    finally:
        process.terminate()
        process.wait()


async def _until_scraped(url: str) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                if (await look(url, query="up", minutes=0)).status == "found":
                    return
            except Unavailable:
                pass
            await asyncio.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


async def look(url: str, **params: Any) -> Any:
    store = Prometheus(PrometheusSettings(url=url, token=SecretStr("t")))
    try:
        return await QueryMetrics(store).run(QueryMetricsParams(**params), within(5))
    finally:
        await store.close()


class TestAgainstTheRealThing:
    async def test_it_conforms(self, real: str) -> None:
        await check_read_tool(
            ReadCase(
                connect=lambda url: Prometheus(PrometheusSettings(url=url)),
                tool=QueryMetrics,
                url=real,
                found=QueryMetricsParams(query="up"),
                empty=QueryMetricsParams(query='up{job="nobody"}'),
            )
        )

    async def test_one_moment_gives_the_one_value(self, real: str) -> None:
        evidence = await look(real, query="up", minutes=0)
        assert evidence.values["value"] == 1.0
        assert evidence.values["series"][0]["labels"]["job"] == "self"
        assert evidence.summary == "up: 1"

    async def test_a_window_gives_its_first_last_least_and_greatest(self, real: str) -> None:
        evidence = await look(real, query="time()", minutes=10, unit="count")
        series = evidence.values["series"][0]
        assert series["min"] == series["first"] < series["last"] == series["max"]
        assert series["last"] - series["first"] == pytest.approx(600, abs=16)
        assert evidence.values["value"] == series["last"]

    async def test_several_series_have_no_one_value(self, real: str) -> None:
        evidence = await look(real, query='{job="self", __name__=~"go_.*"}', minutes=0)
        assert len(evidence.values["series"]) > 1
        assert evidence.values["value"] is None

    async def test_what_is_no_number_is_null(self, real: str) -> None:
        for query in ("vector(0) / 0", "vector(1) / 0"):
            evidence = await look(real, query=query, minutes=0)
            assert evidence.status == "found"
            assert evidence.values["value"] is None
            assert "no value" in evidence.summary

    async def test_a_bad_expression_is_answered_in_prometheus_own_words(self, real: str) -> None:
        with pytest.raises(InvalidCall, match=r"bad_data: .*parse error"):
            await look(real, query="up{", minutes=0)

    async def test_a_text_is_no_measurement(self, real: str) -> None:
        with pytest.raises(InvalidCall, match="a text"):
            await look(real, query='"hello"', minutes=0)

    async def test_the_longest_window_stays_within_its_points(self, real: str) -> None:
        evidence = await look(real, query="vector(1)", minutes=10_080)
        assert evidence.status == "found"

    async def test_check_says_what_answered(self, real: str) -> None:
        store = Prometheus(PrometheusSettings(url=real))
        said = await store.check()
        await store.close()
        assert said.startswith(("Prometheus 2.", "Prometheus 3."))
        assert said.endswith(real)


@pytest.mark.parametrize("minutes", [1, 30, 60, 61, 1_440, 10_080])
def test_the_step_keeps_every_window_within_its_points(minutes: int) -> None:
    step = step_seconds(NOW - timedelta(minutes=minutes), NOW)
    assert step >= 15
    assert minutes * 60 // step + 1 <= MAX_POINTS


def _answer(body: dict[str, Any], status: int = 200) -> FakeServer:
    async def handle(request: web.Request) -> web.Response:
        return web.json_response(body, status=status)

    return FakeServer(handle)


def _matrix(*values: str) -> dict[str, Any]:
    samples = [[1_763_862_000 + 60 * n, value] for n, value in enumerate(values)]
    result = [{"metric": {"__name__": "lag", "instance": "replica-2"}, "values": samples}]
    return {"status": "success", "data": {"resultType": "matrix", "result": result}}


async def test_people_read_the_numbers_in_their_unit() -> None:
    async with _answer(_matrix("240", "8280", "NaN")) as server:
        evidence = await look(server.url, query="lag", unit="seconds")
    assert evidence.summary == "lag: 4 min → no value (min 4 min, max 2.3 h)"
    assert evidence.excerpt.startswith('lag{instance="replica-2"}: 4 min')
    assert evidence.values["series"][0] == {
        "labels": {"__name__": "lag", "instance": "replica-2"},
        "first": 240.0,
        "last": None,
        "min": 240.0,
        "max": 8280.0,
    }


async def test_the_request_and_the_page_can_be_repeated_by_a_person() -> None:
    async with _answer(_matrix("1")) as server:
        evidence = await look(server.url, query='up{job="a b"}', minutes=30, until=NOW)
    seen = server.seen[0]
    assert seen.path == "/api/v1/query_range"
    assert seen.headers["Authorization"] == "Bearer t"
    assert seen.query["query"] == ['up{job="a b"}']
    assert float(seen.query["end"][0]) - float(seen.query["start"][0]) == 1_800
    assert evidence.query.startswith("GET /api/v1/query_range?query=up%7Bjob%3D%22a+b%22%7D&start=")
    assert evidence.url == (
        f"{server.url}/graph?g0.expr=up%7Bjob%3D%22a%20b%22%7D"
        "&g0.tab=0&g0.range_input=1800s&g0.end_input=2026-11-23%2001%3A47%3A00"
    )


async def test_nothing_from_a_store_with_a_part_missing_is_no_finding() -> None:
    empty = {"resultType": "vector", "result": []}
    body = {"status": "success", "data": empty, "warnings": ["store-2 did not answer"]}
    async with _answer(body) as server:
        with pytest.raises(Unavailable, match="store-2 did not answer"):
            await look(server.url, query="up", minutes=0)


async def test_whole_histograms_are_refused_with_what_to_ask_instead() -> None:
    item = {"metric": {}, "histogram": [1, {"count": "1"}]}
    body = {"status": "success", "data": {"resultType": "vector", "result": [item]}}
    async with _answer(body) as server:
        with pytest.raises(InvalidCall, match="histogram_quantile"):
            await look(server.url, query="h", minutes=0)


async def test_another_server_at_that_address_is_noticed() -> None:
    async with _answer({"hello": "world"}) as server:
        with pytest.raises(Refused, match="OPSBOT_PROMETHEUS_URL"):
            await look(server.url, query="up", minutes=0)


async def test_a_blank_expression_is_refused() -> None:
    with pytest.raises(InvalidCall):
        await look("http://127.0.0.1:9", query="  ")
