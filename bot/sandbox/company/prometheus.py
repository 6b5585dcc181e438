"""The sample company's Prometheus: instant and range queries, labels, series and metadata."""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Iterable, Mapping
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.sandbox.company.instant import from_iso
from bot.sandbox.company.promql import Labels, Matrix, Result, evaluate, select
from bot.sandbox.company.promql_syntax import PromqlError, Selector, parse, seconds
from bot.sandbox.company.series_store import Series, SeriesStore

MOST_POINTS = 11_000


class PrometheusApi:
    """Answers as Prometheus 3 does behind a proxy that wants a bearer token."""

    def __init__(self, store: SeriesStore) -> None:
        self._store = store
        self.token = secrets.token_urlsafe(30)
        self.app = web.Application(middlewares=[self._guard])
        for path, handler in (
            ("/api/v1/query", self._query),
            ("/api/v1/query_range", self._query_range),
            ("/api/v1/labels", self._labels),
            ("/api/v1/series", self._series),
        ):
            self.app.router.add_get(path, handler)
            self.app.router.add_post(path, handler)
        self.app.router.add_get("/api/v1/label/{name}/values", self._values)
        self.app.router.add_get("/api/v1/metadata", self._metadata)
        self.app.router.add_get("/api/v1/status/buildinfo", self._buildinfo)
        self.app.router.add_get("/-/healthy", self._healthy)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("Authorization", "")
        if not secrets.compare_digest(given.encode(), f"Bearer {self.token}".encode()):
            return web.Response(status=401, text="Unauthorized\n")
        try:
            return await handler(request)
        except (PromqlError, ValueError) as error:
            body = {"status": "error", "errorType": "bad_data", "error": str(error)}
            return web.json_response(body, status=400)

    async def _query(self, request: web.Request) -> web.Response:
        given = await _parameters(request)
        at = _moment(given["time"][0], "time") if "time" in given else time.time()
        value = evaluate(self._store, _one(given, "query"), at)
        return _success(_result(value, at))

    async def _query_range(self, request: web.Request) -> web.Response:
        given = await _parameters(request)
        start = _moment(_one(given, "start"), "start")
        end = _moment(_one(given, "end"), "end")
        step = _step(_one(given, "step"))
        if end < start:
            raise PromqlError(
                'invalid parameter "end": end timestamp must not be before start time'
            )
        if (end - start) / step > MOST_POINTS:
            raise PromqlError(
                "exceeded maximum resolution of 11,000 points per timeseries. "
                "Try decreasing the query resolution (?step=XX)"
            )
        node = parse(_one(given, "query"))
        rows: dict[frozenset[tuple[str, str]], tuple[Labels, list[Any]]] = {}
        for number in range(int((end - start) / step) + 1):
            at = start + number * step
            value = evaluate(self._store, node, at)
            if isinstance(value, Matrix):
                raise PromqlError(
                    'invalid parameter "query": invalid expression type "range vector"'
                )
            for labels, sample in value if isinstance(value, list) else [({}, value)]:
                row = rows.setdefault(frozenset(labels.items()), (labels, []))
                row[1].append([at, _text(sample)])
        result = [{"metric": labels, "values": values} for labels, values in rows.values()]
        return _success({"resultType": "matrix", "result": result})

    def _matched(self, given: Mapping[str, list[str]]) -> Iterable[Series]:
        expressions = given.get("match[]", [])
        if not expressions:
            return self._store
        found: dict[int, Series] = {}
        for text in expressions:
            selector = parse(text)
            if not isinstance(selector, Selector):
                raise PromqlError(f'invalid parameter "match[]": {text!r} is no selector')
            found.update((id(one), one) for one in select(self._store, selector))
        return found.values()

    async def _labels(self, request: web.Request) -> web.Response:
        matched = self._matched(await _parameters(request))
        return _success(sorted({name for one in matched for name in one.labels}))

    async def _values(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        matched = self._matched(await _parameters(request))
        return _success(sorted({one.labels[name] for one in matched if name in one.labels}))

    async def _series(self, request: web.Request) -> web.Response:
        given = await _parameters(request)
        if not given.get("match[]"):
            raise PromqlError("no match[] parameter provided")
        return _success([one.labels for one in self._matched(given)])

    async def _metadata(self, request: web.Request) -> web.Response:
        wanted = request.query.get("metric")
        return _success(
            {
                name: [{"type": kind, "help": text, "unit": ""}]
                for name, (kind, text) in self._store.metadata.items()
                if wanted in (None, name)
            }
        )

    async def _buildinfo(self, request: web.Request) -> web.Response:
        return _success({"version": "3.7.1", "revision": "acme", "branch": "HEAD"})

    async def _healthy(self, request: web.Request) -> web.Response:
        return web.Response(text="Prometheus Server is Healthy.\n")


async def _parameters(request: web.Request) -> dict[str, list[str]]:
    """What was asked, from the address and from a posted form."""
    given: dict[str, list[str]] = {}
    for name, value in [*request.query.items(), *(await request.post()).items()]:
        given.setdefault(name, []).append(str(value))
    return given


def _one(given: Mapping[str, list[str]], name: str) -> str:
    value = given.get(name, [""])[0]
    if not value:
        raise PromqlError(f'invalid parameter "{name}": parameter is missing or empty')
    return value


def _moment(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError:
        try:
            return from_iso(text)
        except ValueError:
            raise PromqlError(
                f'invalid parameter "{name}": cannot parse "{text}" to a valid timestamp'
            ) from None


def _step(text: str) -> float:
    try:
        step = float(text)
    except ValueError:
        step = seconds(text)
    if not step > 0:
        raise PromqlError('invalid parameter "step": zero or negative query resolution step widths')
    return step


def _text(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def _result(value: Result, at: float) -> dict[str, Any]:
    if isinstance(value, Matrix):
        rows = [
            {"metric": labels, "values": [[moment, _text(v)] for moment, v in samples]}
            for labels, samples in value.rows
        ]
        return {"resultType": "matrix", "result": rows}
    if isinstance(value, list):
        vector = [{"metric": labels, "value": [at, _text(v)]} for labels, v in value]
        return {"resultType": "vector", "result": vector}
    return {"resultType": "scalar", "result": [at, _text(value)]}


def _success(data: Any) -> web.Response:
    return web.json_response({"status": "success", "data": data})
