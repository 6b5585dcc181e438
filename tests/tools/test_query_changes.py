"""What query_changes asks Grafana for, and what it makes of the answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr, ValidationError

from tests.fakes.http_server import FakeServer
from tools.changes.grafana import Grafana, GrafanaSettings
from tools.changes.tools import QueryChanges, QueryChangesParams
from tools.kit.errors import Refused
from tools.kit.http import within

UNTIL = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SERVICES = ("orders-db", "orders-export")


def annotation(minute: int, text: str, *tags: str, login: str = "ci") -> dict[str, Any]:
    at = datetime(2026, 11, 23, 1, minute, tzinfo=UTC)
    return {"time": int(at.timestamp() * 1000), "text": text, "tags": list(tags), "login": login}


class Feed:
    """A Grafana that answers with what `answer` holds."""

    def __init__(self) -> None:
        self.answer: Any = []
        self.server = FakeServer(self._handle)

    async def _handle(self, request: web.Request) -> web.Response:
        return web.json_response(self.answer)

    async def ask(self, **params: Any) -> Any:
        settings = GrafanaSettings(url=self.server.url, token=SecretStr("t0k3n"))
        backend = Grafana(settings)
        try:
            given = {"services": SERVICES, "until": UNTIL, **params}
            return await QueryChanges(backend).run(QueryChangesParams(**given), within(5))
        finally:
            await backend.close()


@pytest.fixture
async def feed() -> AsyncIterator[Feed]:
    made = Feed()
    async with made.server:
        yield made


async def test_it_asks_for_the_window_and_for_either_form_of_tag(feed: Feed) -> None:
    await feed.ask(minutes=60, limit=20)
    (seen,) = feed.server.seen
    assert seen.headers["Authorization"] == "Bearer t0k3n"
    assert seen.query == {
        "from": [str(int(UNTIL.timestamp() - 3600) * 1000)],
        "to": [str(int(UNTIL.timestamp()) * 1000)],
        "tags": ["orders-db", "service:orders-db", "orders-export", "service:orders-export"],
        "matchAny": ["true"],
        "type": ["annotation"],
        "limit": ["20"],
    }


async def test_the_newest_change_comes_first_and_is_named_in_the_summary(feed: Feed) -> None:
    feed.answer = [
        annotation(5, "orders-db 17.2", "deployment", "orders-db"),
        annotation(40, "parallelism 4 → 48", "config", "service:orders-export", login="lena"),
    ]
    evidence = await feed.ask()
    assert evidence.status == "found"
    assert evidence.summary == (
        "2 changes in 120 min; newest 23 Nov 01:40 by lena: parallelism 4 → 48"
    )
    assert evidence.values["latest"] == "parallelism 4 → 48"
    assert [(one["kind"], one["services"]) for one in evidence.values["changes"]] == [
        ("config", ["orders-export"]),
        ("deploy", ["orders-db"]),
    ]
    assert evidence.excerpt.splitlines()[1] == (
        "2026-11-23T01:05:00Z DEPLOY orders-db by ci: orders-db 17.2"
    )


async def test_nothing_changed_is_empty_and_no_error(feed: Feed) -> None:
    evidence = await feed.ask()
    assert evidence.status == "empty"
    assert evidence.summary == "no changes of orders-db, orders-export in 120 min"
    assert evidence.values == {"count": 0, "changes": [], "latest": None}


async def test_markup_is_taken_out_of_a_text(feed: Feed) -> None:
    text = '<a href="https://ci.acme.example/7">v2.4</a>\nfast &amp; small'
    feed.answer = [annotation(1, text, "orders-db")]
    evidence = await feed.ask()
    assert evidence.values["changes"][0]["text"].split() == ["v2.4", "fast", "&", "small"]
    assert evidence.values["changes"][0]["kind"] == "other"


async def test_a_full_page_says_that_there_may_be_more(feed: Feed) -> None:
    feed.answer = [annotation(minute, "x", "orders-db") for minute in range(3)]
    evidence = await feed.ask(limit=3)
    assert evidence.truncated
    assert evidence.summary.startswith("3+ changes")


async def test_an_answer_that_is_no_list_is_another_servers(feed: Feed) -> None:
    feed.answer = {"message": "hello"}
    with pytest.raises(Refused, match="OPSBOT_GRAFANA_URL"):
        await feed.ask()


@pytest.mark.parametrize("services", [(), ("",), (" ",), ("*",), ("orders-%",), ("a",) * 21])
def test_what_names_no_service_is_refused(services: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError):
        QueryChangesParams(services=services)
