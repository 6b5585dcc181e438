"""Logs, metrics, changes and traces that always answer the same, and note how long they took."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

HUGE = "batch-import"
"""A phrase whose lines are 5 MB."""
FIRST_ERROR = "no route to host replica-2 (errno 113) while reading batch 0007"
_LINES, _HUGE_LINES, _HUGE_LINE_CHARS = 40, 1_000, 5_400
_POINTS, _SERIES = 121, 8


class Backends:
    """Every backend of the integrations on one port of loopback."""

    def __init__(self) -> None:
        self.url = ""
        self.busy: list[tuple[float, float]] = []
        """When a request was being answered, by `time.perf_counter`."""
        now = datetime.now(UTC)
        usual = [_line(now - timedelta(seconds=30 * n), n) for n in range(_LINES)]
        huge = [_huge_line(now - timedelta(seconds=2 * n), n) for n in range(_HUGE_LINES)]
        self._pages = {
            (False, False): _hits(usual),
            (False, True): _hits([line for line in usual if line["level"] == "ERROR"][::-1]),
            (True, False): _hits(huge),
            (True, True): _hits([line for line in huge if line["level"] == "ERROR"][::-1][:3]),
        }
        self._matrix = _matrix(now)

    async def start(self) -> None:
        site = web.Application(middlewares=[self._timed])
        site.router.add_post("/{index}/_search", self._search)
        site.router.add_get("/api/v1/query_range", self._range)
        site.router.add_get("/api/annotations", self._nothing)
        site.router.add_get("/api/v3/traces", self._no_traces)
        self._runner = web.AppRunner(site, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self._runner.cleanup()

    def environment(self) -> dict[str, str]:
        """Settings of every integration, so that a request carries all the tools there are."""
        return {
            "OPSBOT_ELASTICSEARCH_URL": self.url,
            "OPSBOT_PROMETHEUS_URL": self.url,
            "OPSBOT_GRAFANA_URL": self.url,
            "OPSBOT_GRAFANA_TOKEN": "local",
            "OPSBOT_JAEGER_URL": self.url,
            "OPSBOT_AIRFLOW_URL": self.url,
            "OPSBOT_AIRFLOW_USERNAME": "local",
            "OPSBOT_AIRFLOW_PASSWORD": "local",
            "OPSBOT_JIRA_URL": self.url,
            "OPSBOT_JIRA_EMAIL": "local@acme.example",
            "OPSBOT_JIRA_TOKEN": "local",
            "OPSBOT_JIRA_PROJECT": "OPS",
        }

    def seconds_between(self, begin: float, end: float) -> float:
        """How long at least one request was being answered in that span."""
        spans = sorted((max(begin, a), min(end, b)) for a, b in self.busy if a < end and b > begin)
        total, until = 0.0, begin
        for start, stop in spans:
            total += max(0.0, stop - max(start, until))
            until = max(until, stop)
        return total

    @web.middleware
    async def _timed(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        begin = time.perf_counter()
        response = await handler(request)
        await response.prepare(request)
        await response.write_eof()
        self.busy.append((begin, time.perf_counter()))
        return response

    async def _search(self, request: web.Request) -> web.Response:
        asked = await request.json()
        told = json.dumps(asked["query"])
        by_level = '"terms"' in told
        return _json(_cut(self._pages[HUGE in told, by_level], asked["size"]))

    async def _range(self, request: web.Request) -> web.Response:
        return _json(self._matrix)

    async def _nothing(self, request: web.Request) -> web.Response:
        return _json([])

    async def _no_traces(self, request: web.Request) -> web.Response:
        return _json({"result": {"resourceSpans": []}})


def _line(at: datetime, number: int) -> dict[str, Any]:
    failed = number % 13 == 7
    words = (
        f"upstream orders-db-1 answered 503 to request {number * 7919:08x}, giving up after 3 tries"
        if failed
        else f"served quote {number * 104729} in {number % 90} ms for 10.0.4.{number}"
    )
    return {
        "@timestamp": at.isoformat(timespec="milliseconds"),
        "level": "ERROR" if failed else "INFO",
        "service": "orders-api",
        "message": words,
    }


def _huge_line(at: datetime, number: int) -> dict[str, Any]:
    failed = number % 100 == 93
    earliest = number == _HUGE_LINES - 7
    words = FIRST_ERROR if earliest else f"batch {number:04d} failed: duplicate key {number * 31}"
    rows = " ".join(f"row={number * 1000 + n} ok" for n in range(_HUGE_LINE_CHARS // 12))
    return {
        "@timestamp": at.isoformat(timespec="milliseconds"),
        "level": "ERROR" if failed else "INFO",
        "service": "importer",
        "message": words if failed else f"imported batch {number:04d}: {rows}"[:_HUGE_LINE_CHARS],
    }


def _hits(lines: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "took": 1,
        "timed_out": False,
        "_shards": {"total": 1, "successful": 1, "skipped": 0, "failed": 0},
        "hits": {
            "total": {"value": len(lines), "relation": "eq"},
            "hits": [{"_index": "logs", "_id": str(n), "_source": s} for n, s in enumerate(lines)],
        },
    }


def _cut(page: dict[str, Any], size: int) -> dict[str, Any]:
    return {**page, "hits": {**page["hits"], "hits": page["hits"]["hits"][:size]}}


def _matrix(now: datetime) -> dict[str, Any]:
    """Pools that are used a little; the last of them fills up in the last quarter."""
    start = now.timestamp() - 15 * _POINTS

    def used(n: int, at: int) -> int:
        return 50 if n == _SERIES - 1 and at > _POINTS * 3 // 4 else 10 + at * (n + 3) % 5

    result = [
        {
            "metric": {"__name__": "pool_used", "service": "orders-api", "instance": f"api-{n}"},
            "values": [[start + 15 * at, str(used(n, at))] for at in range(_POINTS)],
        }
        for n in range(_SERIES)
    ]
    return {"status": "success", "data": {"resultType": "matrix", "result": result}}


def _json(body: Any) -> web.Response:
    return web.json_response(body)
