"""Logs kept in Elasticsearch, or whatever speaks its `_search`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import Field, SecretStr

from tools.kit.errors import InvalidCall
from tools.kit.http import HttpClient, segment, within
from tools.kit.integration import Integration, IntegrationSettings
from tools.kit.tool import Context
from tools.logs.port import Level, LogLine, LogPage, LogQuery, LogStore
from tools.logs.tools import QueryLogs

SEVERITIES: dict[Level, tuple[str, ...]] = {
    "debug": ("trace", "debug"),
    "info": ("info", "notice"),
    "warning": ("warn", "warning"),
    "error": ("error", "err"),
    "critical": ("critical", "crit", "fatal", "alert", "emergency"),
}
"""What loggers call each severity, mildest first."""


class ElasticsearchSettings(IntegrationSettings):
    """Field names follow the Elastic Common Schema where they are set to its names."""

    url: Annotated[str, Field(description="Address, such as https://search.example.com:9200")]
    api_key: Annotated[
        SecretStr | None, Field(description="Encoded API key that may read the log indices")
    ] = None
    index: Annotated[str, Field(min_length=1, description="Index pattern of the logs")] = "logs-*"
    timestamp_field: Annotated[str, Field(description="Field of the time")] = "@timestamp"
    message_field: Annotated[str, Field(description="Field of the text")] = "message"
    level_field: Annotated[
        str, Field(description="Field of the severity, such as level or log.level")
    ] = "level"
    service_field: Annotated[
        str, Field(description="Field of the service, such as service or service.name")
    ] = "service"
    kibana_url: Annotated[
        str | None, Field(description="Address of Kibana, for links people can open")
    ] = None


class Elasticsearch:
    """A LogStore over `_search`."""

    def __init__(self, settings: ElasticsearchSettings) -> None:
        self._settings = settings
        self._path = f"/{segment(settings.index)}/_search"
        key = settings.api_key
        self._http = HttpClient(
            "elasticsearch",
            settings.url,
            headers={"Authorization": SecretStr(f"ApiKey {key.get_secret_value()}")} if key else {},
            credentials=("api_key",),
            explain=_explain,
        )

    async def check(self) -> str:
        reply = await self._http.read("GET", "/", within(10))
        # A key may be good for the front page and not for the logs.
        await self._http.read("POST", self._path, within(10), json={"size": 0})
        version = reply.record.get("version", {}).get("number", "of unknown version")
        return f"Elasticsearch {version} at {self._http.base_url}, index {self._settings.index}"

    async def close(self) -> None:
        await self._http.close()

    async def search(self, query: LogQuery, ctx: Context) -> LogPage:
        body = request_body(query, self._settings)
        reply = await self._http.read("POST", self._path, ctx, json=body)
        hits = reply.record["hits"]
        total = hits["total"]
        return LogPage(
            lines=tuple(_line(hit["_source"], self._settings) for hit in hits["hits"]),
            total=total["value"] if isinstance(total, dict) else total,
            query=f"POST {self._path} {json.dumps(body)}",
            url=_kibana(query, self._settings),
            partial=_partial(reply.record),
        )


def request_body(query: LogQuery, settings: ElasticsearchSettings) -> dict[str, Any]:
    """The body of `_search` for a query."""
    filters: list[dict[str, Any]] = [
        {
            "range": {
                settings.timestamp_field: {
                    "gte": _instant(query.start),
                    "lte": _instant(query.end),
                }
            }
        }
    ]
    if query.service:
        filters.append({"term": {settings.service_field: {"value": query.service}}})
    if query.level:
        filters.append({"terms": {settings.level_field: _spellings(query.level)}})
    for field, value in (query.labels or {}).items():
        filters.append({"term": {field: {"value": value}}})
    if query.contains:
        filters.append({"match_phrase": {settings.message_field: {"query": query.contains}}})
    direction = "desc" if query.order == "newest" else "asc"
    return {
        "query": {"bool": {"filter": filters}},
        "sort": [{settings.timestamp_field: {"order": direction}}],
        "size": query.limit,
        "_source": {"includes": _fields(settings)},
        "track_total_hits": True,
    }


def _fields(settings: ElasticsearchSettings) -> list[str]:
    """What is read of a document; the rest of it stays where it is."""
    names = [
        settings.timestamp_field,
        settings.message_field,
        settings.level_field,
        settings.service_field,
    ]
    return [name.removesuffix(".keyword") for name in names]


def _spellings(level: Level) -> list[str]:
    order = list(SEVERITIES)
    names = [name for at in order[order.index(level) :] for name in SEVERITIES[at]]
    return [spelt for name in names for spelt in (name, name.upper(), name.capitalize())]


def _line(source: dict[str, Any], settings: ElasticsearchSettings) -> LogLine:
    at = _pluck(source, settings.timestamp_field)
    return LogLine(
        at=_moment(at),
        message=_pluck(source, settings.message_field),
        level=_pluck(source, settings.level_field).lower(),
        service=_pluck(source, settings.service_field),
    )


def _pluck(source: dict[str, Any], field: str) -> str:
    """A field's text, whether the document nests `log.level` or has it as one flat name."""
    # `service.keyword` is how an analysed field is matched; the document knows `service`.
    field = field.removesuffix(".keyword")
    value: Any = source.get(field)
    if value is None:
        value = source
        for part in field.split("."):
            value = value.get(part) if isinstance(value, dict) else None
    return "" if value is None or isinstance(value, dict) else str(value)


def _moment(text: str) -> datetime:
    try:
        if text.isdigit():
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidCall(
            f"a log line has the time {text!r}; check OPSBOT_ELASTICSEARCH_TIMESTAMP_FIELD"
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _partial(body: dict[str, Any]) -> str:
    if body.get("timed_out"):
        return "the search ran out of time"
    shards = body.get("_shards", {})
    if shards.get("failed"):
        return f"{shards['failed']} of {shards.get('total', '?')} shards failed"
    return ""


def _kibana(query: LogQuery, settings: ElasticsearchSettings) -> str | None:
    if settings.kibana_url is None:
        return None
    terms = [(settings.service_field, query.service), (settings.message_field, query.contains)]
    kuery = " and ".join(
        f"{field}:{json.dumps(value, ensure_ascii=False)}"
        for field, value in (*terms, *(query.labels or {}).items())
        if value
    )
    # Kibana's address holds Rison, where a quote or a bang inside a string takes a bang.
    rison = kuery.replace("!", "!!").replace("'", "!'")
    window = f"(time:(from:'{_instant(query.start)}',to:'{_instant(query.end)}'))"
    state = quote(f"(query:(language:kuery,query:'{rison}'))", safe="():,!'")
    return f"{settings.kibana_url.rstrip('/')}/app/discover#/?_g={window}&_a={state}"


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _explain(body: Any) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, str):
        return error
    if not isinstance(error, dict):
        return ""
    causes = error.get("root_cause") or [error]
    return "; ".join(f"{cause.get('type')}: {cause.get('reason')}" for cause in causes)


def _tools(backend: LogStore) -> tuple[QueryLogs]:
    return (QueryLogs(backend),)


ELASTICSEARCH = Integration(
    name="elasticsearch",
    capability="logs",
    settings=ElasticsearchSettings,
    connect=Elasticsearch,
    tools=_tools,
)
