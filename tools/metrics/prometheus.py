"""Measurements kept in Prometheus, or whatever speaks its HTTP API."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from pydantic import Field, SecretStr

from tools.kit.errors import InvalidCall
from tools.kit.http import HttpClient, within
from tools.kit.integration import Integration, IntegrationSettings
from tools.kit.tool import Context
from tools.metrics.port import MetricStore, Samples, Series
from tools.metrics.tools import QueryMetrics

MAX_POINTS = 240
LEAST_STEP_SECONDS = 15
"""Finer than most scrapes are apart, so that no sample is stepped over."""


class PrometheusSettings(IntegrationSettings):
    """Prometheus, Thanos, Mimir or VictoriaMetrics: the address before `/api/v1`."""

    url: Annotated[str, Field(description="Address, such as https://prometheus.example.com")]
    token: Annotated[
        SecretStr | None, Field(description="Bearer token, where the server asks for one")
    ] = None


class Prometheus:
    """A MetricStore over `/api/v1`."""

    def __init__(self, settings: PrometheusSettings) -> None:
        token = settings.token
        self._http = HttpClient(
            "prometheus",
            settings.url,
            headers={"Authorization": SecretStr(f"Bearer {token.get_secret_value()}")}
            if token
            else {},
            credentials=("token",),
            explain=_explain,
        )

    async def check(self) -> str:
        reply = await self._http.read("GET", "/api/v1/status/buildinfo", within(10))
        version = (reply.record.get("data") or {}).get("version", "of unknown version")
        return f"Prometheus {version} at {self._http.base_url}"

    async def close(self) -> None:
        await self._http.close()

    async def query(self, query: str, start: datetime, end: datetime, ctx: Context) -> Samples:
        if start == end:
            path = "/api/v1/query"
            args = {"query": query, "time": _instant(end)}
        else:
            path = "/api/v1/query_range"
            args = {
                "query": query,
                "start": _instant(start),
                "end": _instant(end),
                "step": str(step_seconds(start, end)),
            }
        reply = await self._http.read("GET", path, ctx, query=args)
        return Samples(
            series=_series(reply.record["data"], query),
            query=f"GET {path}?{urlencode(args)}",
            url=self._page(query, start, end),
            warnings=tuple(reply.record.get("warnings") or ()),
        )

    def _page(self, query: str, start: datetime, end: datetime) -> str:
        page = f"{self._http.base_url}/graph?g0.expr={quote(query, safe='')}"
        if start == end:
            return f"{page}&g0.tab=1"
        window = math.ceil((end - start).total_seconds())
        moment = quote(f"{end.astimezone(UTC):%Y-%m-%d %H:%M:%S}", safe="")
        return f"{page}&g0.tab=0&g0.range_input={window}s&g0.end_input={moment}"


def step_seconds(start: datetime, end: datetime) -> int:
    """The distance between samples that keeps a window within MAX_POINTS, both ends counted."""
    window = (end - start).total_seconds()
    return max(LEAST_STEP_SECONDS, math.ceil(window / (MAX_POINTS - 1)))


def _series(data: dict[str, Any], query: str) -> tuple[Series, ...]:
    kind, result = data["resultType"], data["result"]
    if kind == "scalar":
        return (Series({}, (_point(result),)),)
    if kind == "string":
        raise InvalidCall(f"{query!r} gives a text, not numbers")
    if any("histogram" in item or "histograms" in item for item in result):
        raise InvalidCall(
            f"{query!r} gives whole histograms; ask for a number, such as with histogram_quantile()"
        )
    return tuple(
        Series(
            item["metric"],
            tuple(_point(at) for at in (item["values"] if "values" in item else [item["value"]])),
        )
        for item in result
    )


def _point(sample: list[Any]) -> tuple[datetime, float | None]:
    value = float(sample[1])
    return datetime.fromtimestamp(float(sample[0]), UTC), value if math.isfinite(value) else None


def _instant(moment: datetime) -> str:
    return f"{moment.timestamp():.3f}"


def _explain(body: Any) -> str:
    if not isinstance(body, dict) or "error" not in body:
        return ""
    return f"{body.get('errorType', 'error')}: {body['error']}"


def _tools(backend: MetricStore) -> tuple[QueryMetrics]:
    return (QueryMetrics(backend),)


PROMETHEUS = Integration(
    name="prometheus",
    capability="metrics",
    settings=PrometheusSettings,
    connect=Prometheus,
    tools=_tools,
)
