"""The sample company's Elasticsearch: search, count and health over its log lines."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.sandbox.company.log_store import Line, LogStore
from bot.sandbox.company.search_aggregations import aggregate
from bot.sandbox.company.search_query import ParsingError, compile_query, value_of

VERSION = "8.19.2"
MOST_HITS = 10_000
KNOWN_KEYS = {
    "query", "sort", "size", "from", "track_total_hits", "_source", "aggs", "aggregations",
    "timeout", "fields", "search_after", "highlight", "runtime_mappings", "stored_fields",
}  # fmt: skip


class ElasticsearchApi:
    """Answers as Elasticsearch 8 does, to one API key."""

    def __init__(self, logs: LogStore) -> None:
        self._logs = logs
        self.api_key = secrets.token_urlsafe(30)
        self.app = web.Application(middlewares=[self._guard])
        self.app.router.add_get("/", self._root)
        self.app.router.add_get("/_cluster/health", self._health)
        for method in ("GET", "POST"):
            for prefix in ("", "/{index}"):
                self.app.router.add_route(method, f"{prefix}/_search", self._search)
                self.app.router.add_route(method, f"{prefix}/_count", self._count)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("Authorization", "")
        if not given:
            reason = f"missing authentication credentials for REST request [{request.path_qs}]"
            return _error(401, "security_exception", reason)
        if not secrets.compare_digest(given.encode(), f"ApiKey {self.api_key}".encode()):
            reason = f"unable to authenticate with provided credentials [{request.path_qs}]"
            return _error(401, "security_exception", reason)
        try:
            return await handler(request)
        except KeyError as missing:
            return _error(404, "index_not_found_exception", f"no such index [{missing.args[0]}]")
        except ParsingError as error:
            return _error(400, "parsing_exception", str(error))
        except (ValueError, TypeError) as error:
            return _error(400, "parse_exception", str(error))
        except web.HTTPNotFound:
            reason = f"no handler found for uri [{request.path_qs}] and method [{request.method}]"
            return web.json_response({"error": reason}, status=400)

    async def _root(self, request: web.Request) -> web.Response:
        return _answer(
            {
                "name": "acme-es-1",
                "cluster_name": "acme-logs",
                "cluster_uuid": "c7hUqk0xT3GZ5Yd1n0a8Qw",
                "version": {"number": VERSION, "build_flavor": "default", "build_type": "docker"},
                "tagline": "You Know, for Search",
            }
        )

    async def _health(self, request: web.Request) -> web.Response:
        return _answer(
            {
                "cluster_name": "acme-logs",
                "status": "green",
                "timed_out": False,
                "number_of_nodes": 1,
                "number_of_data_nodes": 1,
                "active_primary_shards": len(self._logs.indices()),
                "active_shards": len(self._logs.indices()),
                "unassigned_shards": 0,
            }
        )

    def _lines(self, request: web.Request) -> list[Line]:
        index = request.match_info.get("index", "_all")
        try:
            return self._logs.within(index)
        except KeyError:
            if request.query.get("ignore_unavailable") == "true":
                return []
            raise

    async def _count(self, request: web.Request) -> web.Response:
        body = await _body(request)
        test = _query(request, body)
        found = sum(1 for line in self._lines(request) if test(line))
        return _answer({"count": found, "_shards": _shards(self._logs)})

    async def _search(self, request: web.Request) -> web.Response:
        started = time.monotonic()
        body = await _body(request)
        unknown = sorted(set(body) - KNOWN_KEYS)
        if unknown:
            raise ParsingError(f"unknown key [{unknown[0]}] in the search request")
        test = _query(request, body)
        found = [line for line in self._lines(request) if test(line)]
        size = int(request.query.get("size", body.get("size", 10)))
        start = int(request.query.get("from", body.get("from", 0)))
        if size < 0 or start < 0 or size + start > MOST_HITS:
            raise ParsingError(
                "Result window is too large, from + size must be less than or equal to: "
                f"[{MOST_HITS}] but was [{size + start}]"
            )
        keys = _sort_keys(request.query.get("sort") or body.get("sort"))
        for field, descending in reversed(keys):
            found.sort(key=lambda line: _sort_value(line, field), reverse=descending)
        total = body.get("track_total_hits", True)
        hits: dict[str, Any] = {
            "max_score": None if keys or not found else 1.0,
            "hits": [_hit(line, keys, body) for line in found[start : start + size]],
        }
        if total is not False:
            hits["total"] = {"value": len(found), "relation": "eq"}
        answer = {
            "took": int((time.monotonic() - started) * 1000),
            "timed_out": False,
            "_shards": _shards(self._logs),
            "hits": hits,
        }
        aggregations = body.get("aggs", body.get("aggregations"))
        if aggregations:
            answer["aggregations"] = aggregate(aggregations, found)
        return _answer(answer)


async def _body(request: web.Request) -> dict[str, Any]:
    text = await request.text()
    if not text:
        return {}
    try:
        body = json.loads(text)
    except json.JSONDecodeError as error:
        raise ParsingError(f"request body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise ParsingError("request body must be an object")
    return body


def _query(request: web.Request, body: dict[str, Any]) -> Any:
    if "q" in request.query:
        return compile_query({"query_string": {"query": request.query["q"]}})
    return compile_query(body.get("query", {"match_all": {}}))


def _sort_keys(wanted: Any) -> list[tuple[str, bool]]:
    """(field, descending) for each key; `_score` and `_doc` keep the order of time."""
    keys: list[tuple[str, bool]] = []
    for one in [wanted] if isinstance(wanted, str | dict) else (wanted or []):
        if isinstance(one, str):
            field, _, order = one.partition(":")
        else:
            ((field, options),) = one.items()
            order = options.get("order", "asc") if isinstance(options, dict) else str(options)
        if field not in ("_score", "_doc", "_shard_doc"):
            keys.append((field, order == "desc"))
    return keys


def _sort_value(line: Line, field: str) -> tuple[int, Any]:
    if field == "@timestamp":
        return 0, (line.at, line.number)
    value = value_of(line, field)
    return (0, (str(value), line.number)) if value is not None else (1, ("", line.number))


def _hit(line: Line, keys: list[tuple[str, bool]], body: dict[str, Any]) -> dict[str, Any]:
    wanted = body.get("_source", True)
    hit: dict[str, Any] = {"_index": line.index, "_id": line.id, "_score": None if keys else 1.0}
    if isinstance(wanted, str):
        wanted = [wanted]
    elif isinstance(wanted, dict):
        wanted = wanted.get("includes", True)
    if wanted is True:
        hit["_source"] = line.source
    elif wanted:
        hit["_source"] = {name: line.source[name] for name in wanted if name in line.source}
    if keys:
        hit["sort"] = [
            int(line.at * 1000) if field == "@timestamp" else value_of(line, field)
            for field, _ in keys
        ]
    return hit


def _shards(logs: LogStore) -> dict[str, int]:
    count = len(logs.indices())
    return {"total": count, "successful": count, "skipped": 0, "failed": 0}


def _answer(body: dict[str, Any], status: int = 200) -> web.Response:
    return web.json_response(body, status=status, headers={"X-elastic-product": "Elasticsearch"})


def _error(status: int, kind: str, reason: str) -> web.Response:
    cause: dict[str, Any] = {"type": kind, "reason": reason}
    response = _answer({"error": {"root_cause": [cause], **cause}, "status": status}, status)
    if status == 401:
        response.headers["WWW-Authenticate"] = "ApiKey"
    return response
