"""What query_traces asks Jaeger for, and what it makes of the spans."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from tests.fakes.http_server import FakeServer
from tools.kit.errors import InvalidCall, Unavailable
from tools.kit.http import within
from tools.traces.jaeger import Jaeger, JaegerSettings
from tools.traces.tools import QueryTraces, QueryTracesParams

UNTIL = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
BEGAN = int(datetime(2026, 11, 23, 1, 59, tzinfo=UTC).timestamp() * 1_000)
NONE = {"error": {"httpCode": 404, "message": "No traces found"}}


def span(
    name: str, millis: int, *, parent: str = "", after: int = 0, error: str = "", trace: str = "a"
) -> dict[str, Any]:
    """A span of that many milliseconds; its id is its name."""
    begin = BEGAN + after
    return {
        "traceId": trace * 32,
        "spanId": name,
        "parentSpanId": parent,
        "name": name,
        "startTimeUnixNano": str(begin * 1_000_000),
        "endTimeUnixNano": str((begin + millis) * 1_000_000),
        "status": {"code": 2, "message": error} if error else {},
    }


def data(**spans: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "resourceSpans": [
            {
                "resource": {
                    "attributes": [{"key": "service.name", "value": {"stringValue": service}}]
                },
                "scopeSpans": [{"spans": held}],
            }
            for service, held in spans.items()
        ]
    }


FAILING = data(
    shop=[span("checkout", 1010, error="503")],
    api=[
        span("quote", 1005, parent="checkout", after=2, error="503"),
        span("connect", 1000, parent="quote", after=3, error="timeout: too many clients"),
    ],
)
SLOW = data(
    shop=[span("checkout", 1000)],
    api=[span("quote", 900, parent="checkout", after=10)],
    db=[span("select", 850, parent="quote", after=20)],
)


class Store:
    """A Jaeger that answers with `answers`, one after the other, and with the last for ever."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, Any]] = [(404, NONE)]
        self.server = FakeServer(self._handle)

    async def _handle(self, request: web.Request) -> web.Response:
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return web.json_response(body, status=status)

    async def ask(self, **params: Any) -> Any:
        backend = Jaeger(JaegerSettings(url=self.server.url))
        try:
            given = {"service": "api", "until": UNTIL, **params}
            return await QueryTraces(backend).run(QueryTracesParams(**given), within(5))
        finally:
            await backend.close()


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    made = Store()
    async with made.server:
        yield made


async def test_it_asks_for_the_service_in_the_window(store: Store) -> None:
    await store.ask(minutes=30, operation="GET /quote", min_seconds=0.5, limit=20)
    (seen,) = store.server.seen
    assert seen.path == "/api/v3/traces"
    assert seen.query == {
        "query.serviceName": ["api"],
        "query.operationName": ["GET /quote"],
        "query.startTimeMin": ["2026-11-23T01:30:00.000000Z"],
        "query.startTimeMax": ["2026-11-23T02:00:00.000000Z"],
        "query.durationMin": ["0.500000000s"],
        "query.searchDepth": ["20"],
    }


async def test_it_names_the_operation_in_which_failures_begin(store: Store) -> None:
    store.answers = [(200, {"result": FAILING})]
    evidence = await store.ask()
    assert evidence.summary == (
        "1 of 1 traces of api failed, 1 in api connect (1 s): timeout: too many clients"
    )
    origin = evidence.values["origin"]
    assert (origin["service"], origin["operation"], origin["origins"]) == ("api", "connect", 1)
    assert [one["origins"] for one in evidence.values["operations"]] == [1, 0, 0]
    assert (evidence.values["traces"], evidence.values["failed"]) == (1, 1)


async def test_where_nothing_fails_it_names_what_takes_the_time_itself(store: Store) -> None:
    store.answers = [(200, SLOW)]
    evidence = await store.ask()
    assert evidence.summary == (
        "0 of 1 traces of api failed; most of the time in db select (850 ms)"
    )
    assert evidence.values["origin"] is None
    own = {one["operation"]: one["own"] for one in evidence.values["operations"]}
    assert own == pytest.approx({"select": 0.85, "checkout": 0.1, "quote": 0.05}, abs=1e-3)


async def test_children_side_by_side_are_waited_for_once(store: Store) -> None:
    both = [span("a", 600, parent="root"), span("b", 600, parent="root", after=200)]
    store.answers = [(200, data(api=[span("root", 1000), *both]))]
    evidence = await store.ask()
    root = next(one for one in evidence.values["operations"] if one["operation"] == "root")
    assert root["own"] == pytest.approx(0.2, abs=1e-3)


async def test_no_traces_is_empty_and_no_error(store: Store) -> None:
    evidence = await store.ask(minutes=15)
    assert evidence.status == "empty"
    assert evidence.summary == "No traces of api in 15 min"
    assert evidence.values["slowest"] is None


async def test_a_404_of_another_server_is_not_taken_for_no_traces(store: Store) -> None:
    store.answers = [(404, {"message": "page not found"})]
    with pytest.raises(InvalidCall, match="page not found"):
        await store.ask()


async def test_a_jaeger_of_before_is_asked_in_its_own_names(store: Store) -> None:
    refusal = {"error": {"httpCode": 400, "message": "query.start_time_min is required"}}
    store.answers = [(400, refusal), (200, SLOW)]
    evidence = await store.ask()
    assert evidence.status == "found"
    assert set(store.server.seen[1].query) == {
        "query.service_name",
        "query.start_time_min",
        "query.start_time_max",
        "query.num_traces",
    }


async def test_what_neither_form_makes_right_is_refused_in_jaegers_words(store: Store) -> None:
    refusal = {"error": {"httpCode": 400, "message": "malformed duration"}}
    store.answers = [(400, refusal)]
    with pytest.raises(InvalidCall, match="malformed duration"):
        await store.ask()
    assert len(store.server.seen) == 2


async def test_a_jaeger_that_fails_is_unavailable(store: Store) -> None:
    store.answers = [(503, {"error": {"httpCode": 503, "message": "storage is away"}})]
    with pytest.raises(Unavailable, match="storage is away"):
        await store.ask()


@pytest.mark.parametrize("service", ["*", " ", "??"])
async def test_what_names_no_service_is_refused(store: Store, service: str) -> None:
    with pytest.raises(InvalidCall):
        await store.ask(service=service)
    assert store.server.seen == []
