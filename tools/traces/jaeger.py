"""Traces kept in Jaeger, over its stable query API (`/api/v3`, OTLP as JSON).

The older `/api/traces` is what Jaeger's own page once spoke and promises nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from pydantic import Field, SecretStr

from tools.kit import http_errors
from tools.kit.http import HttpClient, within
from tools.kit.http_errors import Reply
from tools.kit.integration import Integration, IntegrationSettings
from tools.kit.tool import Context
from tools.traces.port import Span, TracePage, TraceQuery, TraceStore
from tools.traces.tools import QueryTraces

PATH = "/api/v3/traces"
NEW_NAMES = {
    "service": "query.serviceName",
    "operation": "query.operationName",
    "start": "query.startTimeMin",
    "end": "query.startTimeMax",
    "min_seconds": "query.durationMin",
    "limit": "query.searchDepth",
}
OLD_NAMES = {
    "service": "query.service_name",
    "operation": "query.operation_name",
    "start": "query.start_time_min",
    "end": "query.start_time_max",
    "min_seconds": "query.duration_min",
    "limit": "query.num_traces",
}
"""How Jaeger wanted them before the middle of 2026; see jaegertracing/jaeger#8619."""
ERROR_CODES = (2, "STATUS_CODE_ERROR")


class JaegerSettings(IntegrationSettings):
    """Jaeger 1.35 or later, or whatever speaks its `/api/v3`."""

    url: Annotated[
        str, Field(description="Address before /api/v3, such as https://jaeger.example.com")
    ]
    token: Annotated[
        SecretStr | None, Field(description="Bearer token, where a proxy in front asks for one")
    ] = None


class Jaeger:
    """A TraceStore over `/api/v3`."""

    def __init__(self, settings: JaegerSettings) -> None:
        token = settings.token
        self._http = HttpClient(
            "jaeger",
            settings.url,
            headers={"Authorization": SecretStr(f"Bearer {token.get_secret_value()}")}
            if token
            else {},
            credentials=("token",),
            explain=_explain,
        )
        self._names = NEW_NAMES

    async def check(self) -> str:
        reply = await self._http.read("GET", "/api/v3/services", within(10))
        count = len(reply.record["services"] or ())
        return f"Jaeger at {self._http.base_url}, {count} services"

    async def close(self) -> None:
        await self._http.close()

    async def find(self, query: TraceQuery, ctx: Context) -> TracePage:
        reply = await self._ask(query, ctx, allow=(400, 404))
        if reply.status == 400:
            # A server of before ignores the names of now, and misses what it calls otherwise.
            self._names = OLD_NAMES if self._names is NEW_NAMES else NEW_NAMES
            reply = await self._ask(query, ctx, allow=(404,))
        return TracePage(
            spans=tuple(_spans(_data(reply))),
            query=f"GET {PATH}?{urlencode(_arguments(query, self._names))}",
            url=self._page(query),
        )

    async def _ask(self, query: TraceQuery, ctx: Context, allow: tuple[int, ...]) -> Reply:
        arguments = _arguments(query, self._names)
        return await self._http.read("GET", PATH, ctx, query=arguments, allow=allow)

    def _page(self, query: TraceQuery) -> str:
        """Jaeger's own search page, which counts in microseconds."""
        window = f"start={_micros(query.start)}&end={_micros(query.end)}&limit={query.limit}"
        page = f"{self._http.base_url}/search?service={quote(query.service, safe='')}&{window}"
        return page + (f"&operation={quote(query.operation, safe='')}" if query.operation else "")


def _arguments(query: TraceQuery, names: dict[str, str]) -> dict[str, str]:
    given = {
        "service": query.service,
        "operation": query.operation,
        "start": _instant(query.start),
        "end": _instant(query.end),
        "min_seconds": f"{query.min_seconds:.9f}s" if query.min_seconds else None,
        "limit": str(query.limit),
    }
    return {names[field]: value for field, value in given.items() if value is not None}


def _data(reply: Reply) -> dict[str, Any]:
    """The traces; bare, or in the wrapping in which an answer is streamed."""
    if reply.status == 404:
        # Jaeger says so where there are no traces; any other 404 is about the address.
        if (reply.record.get("error") or {}).get("httpCode") != 404:
            raise http_errors.of_read(reply.sent, reply)
        return {}
    data: dict[str, Any] = reply.record.get("result", reply.record)
    return data


def _spans(data: dict[str, Any]) -> list[Span]:
    return [
        _span(span, _service(resource))
        for resource in data.get("resourceSpans") or ()
        for scope in resource.get("scopeSpans") or ()
        for span in scope.get("spans") or ()
    ]


def _service(resource: dict[str, Any]) -> str:
    for attribute in (resource.get("resource") or {}).get("attributes") or ():
        if attribute["key"] == "service.name":
            return str(attribute["value"].get("stringValue", ""))
    return ""


def _span(span: dict[str, Any], service: str) -> Span:
    status = span.get("status") or {}
    begin, end = int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"])
    return Span(
        trace_id=span["traceId"],
        id=span["spanId"],
        parent_id=span.get("parentSpanId", ""),
        service=service,
        operation=span["name"],
        start=datetime.fromtimestamp(begin / 1e9, UTC),
        seconds=(end - begin) / 1e9,
        failed=status.get("code") in ERROR_CODES,
        error=status.get("message", ""),
    )


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _micros(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)


def _explain(body: Any) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, dict):
        return str(error.get("message", ""))
    return str(body.get("message", "")) if isinstance(body, dict) else ""


def _tools(backend: TraceStore) -> tuple[QueryTraces]:
    return (QueryTraces(backend),)


JAEGER = Integration(
    name="jaeger",
    capability="traces",
    settings=JaegerSettings,
    connect=Jaeger,
    tools=_tools,
)
