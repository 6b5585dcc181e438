"""The tool that reads traces."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar

from pydantic import Field

from tools.kit.errors import InvalidCall
from tools.kit.excerpt import cut, fit
from tools.kit.quantity import show
from tools.kit.tool import Context, Params, ReadTool
from tools.kit.types import Evidence
from tools.traces.anatomy import Operation, operations
from tools.traces.port import Span, TracePage, TraceQuery, TraceStore

ERROR_CHARS = 500
KEPT_OPERATIONS = 30
SHOWN_TRACES = 3


class QueryTracesParams(Params):
    service: Annotated[
        str, Field(min_length=1, max_length=200, description="Exact name of the service.")
    ]
    operation: Annotated[
        str | None, Field(description="Only traces with this operation, such as 'GET /orders'.")
    ] = None
    min_seconds: Annotated[
        float | None, Field(gt=0, description="Only traces with a span at least this long.")
    ] = None
    minutes: Annotated[
        int, Field(ge=1, le=1440, description="Length of the window, in minutes.")
    ] = 30
    until: Annotated[
        datetime | None, Field(description="End of the window, UTC; now where left out.")
    ] = None
    limit: Annotated[int, Field(ge=1, le=200, description="How many traces at most.")] = 50


class QueryTraces(ReadTool[QueryTracesParams]):
    """See where the requests of a service fail or lose their time, across all services they touch.

    Use it when a service is slow or fails and others take part in its requests: it names the
    operation where failures begin. Not for how many requests there are, for it sees a sample:
    rates are in query_metrics.
    """

    name: ClassVar[str] = "query_traces"
    yields: ClassVar[frozenset[str]] = frozenset(
        {"traces", "failed", "slowest", "operations", "origin"}
    )

    def __init__(self, backend: TraceStore) -> None:
        self._backend = backend

    async def run(self, params: QueryTracesParams, ctx: Context) -> Evidence:
        """Values: `traces` and how many of them `failed`; `slowest`, seconds of the longest span;
        `operations`, each with `service`, `operation`, `spans`, `failed`, `origins`, `slowest`,
        `own` (seconds) and `error`; `origin`, the operation where most failures begin, or null.
        """
        if not params.service.strip(" *?"):
            raise InvalidCall(f"service={params.service!r} names no service")
        end = params.until or datetime.now(UTC)
        if end.tzinfo is None:
            end = end.replace(tzinfo=UTC)
        start = end - timedelta(minutes=params.minutes)
        query = TraceQuery(
            params.service, start, end, params.operation, params.min_seconds, params.limit
        )
        page = await self._backend.find(query, ctx)
        found = operations(page.spans)
        traces = {span.trace_id for span in page.spans}
        failed = {span.trace_id for span in page.spans if span.failed}
        excerpt, cut_short = fit(_lines(page, found), ctx.max_chars)
        return Evidence(
            tool=self.name,
            query=page.query,
            summary=_summary(params, len(traces), len(failed), found),
            excerpt=excerpt,
            start=start,
            end=end,
            url=page.url,
            status="found" if page.spans else "empty",
            truncated=cut_short or len(traces) >= params.limit or len(found) > KEPT_OPERATIONS,
            values={
                "traces": len(traces),
                "failed": len(failed),
                "slowest": max((span.seconds for span in page.spans), default=None),
                "operations": [_value(one) for one in found[:KEPT_OPERATIONS]],
                "origin": _value(found[0]) if found and found[0].origins else None,
            },
        )


def _summary(params: QueryTracesParams, traces: int, failed: int, found: list[Operation]) -> str:
    if not found:
        return cut(f"No traces of {params.service} in {params.minutes} min", 160)
    head = f"{failed} of {traces} traces of {params.service} failed"
    first = found[0]
    name = f"{first.service} {first.name}"
    if first.origins:
        text = f"{head}, {first.origins} in {name} ({show(first.slowest, 'seconds')})"
        text += f": {first.error}" if first.error else ""
    else:
        text = f"{head}; most of the time in {name} ({show(first.own, 'seconds')})"
    return cut(" ".join(text.split()), 160)


def _lines(page: TracePage, found: list[Operation]) -> Iterator[str]:
    for one in found[:KEPT_OPERATIONS]:
        slowest, own = show(one.slowest, "seconds"), show(one.own, "seconds")
        text = f"{one.service} {one.name}: {one.spans} spans, slowest {slowest} (itself {own})"
        if one.failed:
            text += f", {one.failed} failed, {one.origins} of them first: {one.error}"
        yield cut(" ".join(text.split()), ERROR_CHARS)
    worst = sorted(page.spans, key=lambda span: (span.failed, span.seconds), reverse=True)
    for trace_id in list(dict.fromkeys(span.trace_id for span in worst))[:SHOWN_TRACES]:
        yield f"trace {trace_id}"
        one_trace = [span for span in page.spans if span.trace_id == trace_id]
        for span in sorted(one_trace, key=lambda each: each.start):
            yield f"  {_span(span)}"


def _span(span: Span) -> str:
    mark = f" FAILED {cut(span.error, ERROR_CHARS)}" if span.failed else ""
    at = f"{span.start:%H:%M:%S}.{span.start.microsecond // 1000:03d}"
    return f"{at} {span.service} {span.operation} {show(span.seconds, 'seconds')}{mark}".rstrip()


def _value(one: Operation) -> dict[str, Any]:
    return {
        "service": one.service,
        "operation": one.name,
        "spans": one.spans,
        "failed": one.failed,
        "origins": one.origins,
        "slowest": one.slowest,
        "own": one.own,
        "error": cut(one.error, ERROR_CHARS),
    }
