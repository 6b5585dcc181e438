"""The tool that reads measurements."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar

from pydantic import Field

from tools.kit.errors import InvalidCall, Unavailable
from tools.kit.excerpt import cut, fit
from tools.kit.quantity import Unit
from tools.kit.tool import Context, Params, ReadTool
from tools.kit.types import Evidence
from tools.metrics.port import MetricStore, Samples, Series
from tools.metrics.summaries import Read, oddest, span, summaries

KEPT_SERIES = 50


class QueryMetricsParams(Params):
    query: Annotated[str, Field(min_length=1, max_length=4_000, description="A PromQL expression.")]
    minutes: Annotated[
        int,
        Field(ge=0, le=10_080, description="Length of the window, in minutes; 0 is one moment."),
    ] = 30
    until: Annotated[
        datetime | None, Field(description="End of the window, UTC; now where left out.")
    ] = None
    unit: Annotated[
        Unit, Field(description="What the numbers are, so that people see 2.3 h, not 8280.")
    ] = ""


class QueryMetrics(ReadTool[QueryMetricsParams]):
    """Evaluate a PromQL expression over a window of time, or at one moment with minutes=0.

    Use it for how much, how long and since when: lag, error rate, saturation. Name the unit
    of the result. Use minutes=0 where only the present value counts, such as for a guard.
    Not for what happened in words: that is in query_logs.
    """

    name: ClassVar[str] = "query_metrics"
    yields: ClassVar[frozenset[str]] = frozenset({"series", "value", "anomaly"})

    def __init__(self, backend: MetricStore) -> None:
        self._backend = backend

    async def run(self, params: QueryMetricsParams, ctx: Context) -> Evidence:
        """Values: `series`, each with `labels`, `first`, `last`, `min` and `max`; `value`, where
        there is one series, its last; `anomaly`, the series that left its usual range furthest,
        in one line, or null.
        """
        if not params.query.strip():
            raise InvalidCall("query is blank; give a PromQL expression, such as 'up'")
        end = params.until or datetime.now(UTC)
        if end.tzinfo is None:
            end = end.replace(tzinfo=UTC)
        start = end - timedelta(minutes=params.minutes)
        samples = await self._backend.query(params.query, start, end, ctx)
        if not samples.series and samples.warnings:
            raise Unavailable(f"{samples.query}: found nothing, but {'; '.join(samples.warnings)}")
        read = [Read(series) for series in samples.series]
        excerpt, cut_short = fit(summaries(read, samples.warnings, params.unit), ctx.max_chars)
        kept = [_value(series) for series in samples.series[:KEPT_SERIES]]
        anomaly = oddest(read, params.unit)
        return Evidence(
            tool=self.name,
            query=samples.query,
            summary=_summary(params, samples, anomaly),
            excerpt=excerpt,
            start=start,
            end=end,
            url=samples.url,
            status="found" if samples.series else "empty",
            truncated=cut_short or len(samples.series) > KEPT_SERIES or bool(samples.warnings),
            values={
                "series": kept,
                "value": kept[0]["last"] if len(samples.series) == 1 else None,
                "anomaly": anomaly,
            },
        )


def _value(series: Series) -> dict[str, Any]:
    numbers = [value for _, value in series.points]
    finite = [value for value in numbers if value is not None]
    return {
        "labels": dict(series.labels),
        "first": numbers[0] if numbers else None,
        "last": numbers[-1] if numbers else None,
        "min": min(finite, default=None),
        "max": max(finite, default=None),
    }


def _summary(params: QueryMetricsParams, samples: Samples, anomaly: str | None) -> str:
    if not samples.series:
        return cut(f"No series for {params.query}", 160)
    if len(samples.series) > 1:
        head = f"{len(samples.series)} series for {params.query}"
        return cut(f"{head}; {anomaly}" if anomaly else head, 160)
    return cut(f"{params.query}: {span(samples.series[0].points, params.unit)}", 160)
