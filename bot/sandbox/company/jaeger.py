"""The sample company's Jaeger 2: its query API `/api/v3`, which answers in OTLP."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.sandbox.company.instant import from_iso
from bot.sandbox.company.trace_store import StoredSpan, TraceStore

USUAL_DEPTH = 100
KIND_INTERNAL = 1
CODE_ERROR = 2


class Malformed(Exception):
    """A parameter that is missing or can't be read."""


class JaegerApi:
    """Answers as Jaeger does behind a proxy that wants a bearer token.

    It takes parameters as they are spelt now, `query.serviceName`, and were, `query.service_name`.
    """

    def __init__(self, store: TraceStore) -> None:
        self._store = store
        self.token = secrets.token_urlsafe(30)
        self.app = web.Application(middlewares=[self._guard])
        self.app.router.add_get("/api/v3/services", self._services)
        self.app.router.add_get("/api/v3/operations", self._operations)
        self.app.router.add_get("/api/v3/traces", self._traces)
        self.app.router.add_get("/api/v3/traces/{trace}", self._trace)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("Authorization", "")
        if not secrets.compare_digest(given.encode(), f"Bearer {self.token}".encode()):
            return web.Response(status=401, text="Unauthorized\n")
        try:
            return await handler(request)
        except (Malformed, ValueError) as error:
            return _problem(400, f"malformed parameter {error}")

    async def _services(self, request: web.Request) -> web.Response:
        return web.json_response({"services": sorted({span.service for span in self._store})})

    async def _operations(self, request: web.Request) -> web.Response:
        service = request.query.get("service", "")
        names = sorted({span.name for span in self._store if span.service == service})
        found = [{"name": name, "spanKind": "internal"} for name in names]
        return web.json_response({"operations": found})

    async def _traces(self, request: web.Request) -> web.Response:
        service = _given(request, "serviceName")
        start = from_iso(_given(request, "startTimeMin"))
        end = from_iso(_given(request, "startTimeMax"))
        operation = _given(request, "operationName", "")
        least = _duration(_given(request, "durationMin", "0s"))
        depth = int(_given(request, "searchDepth", request.query.get("query.num_traces", "0")))
        chosen: dict[str, None] = {}
        for span in sorted(self._store, key=lambda one: one.at, reverse=True):
            if len(chosen) >= (depth or USUAL_DEPTH):
                break
            named = span.service == service and operation in ("", span.name)
            if named and start <= span.at < end and span.seconds >= least:
                chosen[span.trace_id] = None
        return self._found(chosen)

    async def _trace(self, request: web.Request) -> web.Response:
        return self._found({request.match_info["trace"]: None})

    def _found(self, trace_ids: dict[str, None]) -> web.Response:
        spans = [span for span in self._store if span.trace_id in trace_ids]
        if not spans:
            return _problem(404, "No traces found")
        return web.json_response({"result": {"resourceSpans": _resources(spans)}})


def _given(request: web.Request, name: str, usual: str | None = None) -> str:
    before = re.sub(r"([A-Z])", r"_\1", name).lower()
    value = request.query.get(f"query.{name}") or request.query.get(f"query.{before}") or usual
    if value is None:
        raise Malformed(f"query.{name}: it is required")
    return value


def _duration(text: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)", text)
    if match is None:
        raise Malformed(f"query.durationMin: time: invalid duration {text!r}")
    units = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
    return float(match[1]) * units[match[2]]


def _problem(status: int, message: str) -> web.Response:
    body = {"error": {"httpCode": status, "message": message}}
    return web.json_response(body, status=status)


def _resources(spans: Iterable[StoredSpan]) -> list[dict[str, Any]]:
    by_origin: dict[tuple[str, str], list[StoredSpan]] = {}
    for span in spans:
        by_origin.setdefault((span.service, span.host), []).append(span)
    return [
        {
            "resource": {"attributes": [_text("service.name", service), _text("host.name", host)]},
            "scopeSpans": [{"scope": {"name": "acme"}, "spans": [_span(one) for one in held]}],
        }
        for (service, host), held in by_origin.items()
    ]


def _text(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "value": {"stringValue": value}}


def _span(span: StoredSpan) -> dict[str, Any]:
    begin = int(span.at * 1e9)
    shown: dict[str, Any] = {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "name": span.name,
        "kind": KIND_INTERNAL,
        "startTimeUnixNano": str(begin),
        "endTimeUnixNano": str(begin + int(span.seconds * 1e9)),
        "attributes": [],
        "status": {"code": CODE_ERROR, "message": span.error} if span.error else {},
    }
    return {**shown, "parentSpanId": span.parent_id} if span.parent_id else shown
