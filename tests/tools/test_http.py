"""The HTTP client: what is sent, how often, and which error each failure becomes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import web
from pydantic import SecretStr

from tests.fakes.http_server import FakeServer
from tools.kit import http as http_module
from tools.kit.errors import InvalidCall, OutcomeUnknown, Refused, ToolError, Unavailable
from tools.kit.http import HttpClient, Query, segment, within

SECRET = "Bearer tok-5f2c"


class Desk:
    """A server that answers from a list, its last answer for ever, and a client of it."""

    def __init__(self) -> None:
        self.answers: list[Callable[[], web.Response]] = []
        self.server = FakeServer(self._handle)

    def client(self) -> HttpClient:
        return HttpClient(
            "acme",
            f"{self.server.url}/base/",
            headers={"Authorization": SecretStr(SECRET)},
            credentials=("token",),
            explain=lambda body: body.get("why", "") if isinstance(body, dict) else "",
        )

    async def _handle(self, request: web.Request) -> web.Response:
        made = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return made()


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    async with desk.server:
        yield desk


def says(status: int, body: object = None, **headers: str) -> Callable[[], web.Response]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda: web.json_response(body or {}, status=status, headers=named)


async def failure(call: object) -> ToolError:
    with pytest.raises(ToolError) as caught:
        await call  # type: ignore[misc]
    return caught.value


async def test_a_read_carries_query_body_and_credential_and_names_itself(desk: Desk) -> None:
    desk.answers = [says(200, {"n": 1})]
    client = desk.client()
    query: Query = {"q": "a b&c", "mask": ["x", "y"]}
    reply = await client.read("POST", f"/{segment('a/b')}", within(5), query=query, json={"k": 1})
    await client.close()
    seen = desk.server.seen[0]
    assert reply.body == {"n": 1}
    assert seen.path == "/base/a/b"
    assert (seen.query, seen.body) == ({"q": ["a b&c"], "mask": ["x", "y"]}, {"k": 1})
    assert seen.headers["Authorization"] == SECRET
    assert seen.headers["User-Agent"] == "opsbot"


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_a_read_is_tried_again_until_it_answers(desk: Desk, status: int) -> None:
    desk.answers = [says(status), says(status), says(200, {"n": 1})]
    client = desk.client()
    assert (await client.read("GET", "/x", within(5))).body == {"n": 1}
    await client.close()
    assert len(desk.server.seen) == 3


async def test_a_read_gives_up_after_three_tries_and_repeats_the_query(desk: Desk) -> None:
    desk.answers = [says(503, {"why": "warming up"})]
    client = desk.client()
    error = await failure(client.read("GET", "/x", within(5), query={"q": "up"}))
    await client.close()
    assert isinstance(error, Unavailable)
    assert str(error) == "acme: GET /x?q=up: answered 503 (warming up)"
    assert len(desk.server.seen) == 3


async def test_retry_after_is_waited_out_within_the_deadline(desk: Desk) -> None:
    desk.answers = [says(429, Retry_After="1"), says(200, {"n": 1})]
    client = desk.client()
    began = time.monotonic()
    await client.read("GET", "/x", within(5))
    await client.close()
    assert time.monotonic() - began >= 1


async def test_retry_after_beyond_the_deadline_fails_at_once(desk: Desk) -> None:
    desk.answers = [says(429, Retry_After="30")]
    client = desk.client()
    began = time.monotonic()
    assert isinstance(await failure(client.read("GET", "/x", within(5))), Unavailable)
    await client.close()
    assert time.monotonic() - began < 1
    assert len(desk.server.seen) == 1


@pytest.mark.parametrize("status", [400, 404, 422])
async def test_what_the_caller_can_mend_is_an_invalid_call(desk: Desk, status: int) -> None:
    desk.answers = [says(status, {"why": "no such field 'x'"})]
    client = desk.client()
    for call in (client.read("GET", "/x", within(5)), client.write("PUT", "/x", within(5))):
        error = await failure(call)
        assert isinstance(error, InvalidCall)
        assert "no such field 'x'" in str(error)
    await client.close()
    assert len(desk.server.seen) == 2


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_credential_names_the_setting_and_never_shows_it(
    desk: Desk, status: int
) -> None:
    desk.answers = [says(status, {"why": f"bad header {SECRET}, tok-5f2c"})]
    client = desk.client()
    for call in (client.read("GET", "/x", within(5)), client.write("PUT", "/x", within(5))):
        error = await failure(call)
        assert isinstance(error, Refused)
        assert "OPSBOT_ACME_TOKEN" in str(error)
        assert "5f2c" not in repr(error)
    await client.close()


async def test_a_secret_in_a_body_is_sent_but_not_repeated(desk: Desk) -> None:
    desk.answers = [says(400, {"why": "input was {'password': 'hunter2'}"})]
    client = desk.client()
    body = {"user": "amy", "password": SecretStr("hunter2")}
    error = await failure(client.read("POST", "/login", within(5), json=body))
    await client.close()
    assert desk.server.seen[0].body == {"user": "amy", "password": "hunter2"}
    assert "amy" in str(error)
    assert "hunter2" not in str(error)


async def test_a_write_is_sent_once_when_the_server_fails(desk: Desk) -> None:
    desk.answers = [says(502)]
    client = desk.client()
    error = await failure(client.write("POST", "/x", within(5), json={}))
    await client.close()
    assert isinstance(error, OutcomeUnknown)
    assert len(desk.server.seen) == 1


async def test_a_write_turned_away_for_now_changed_nothing(desk: Desk) -> None:
    desk.answers = [says(429, Retry_After="1")]
    client = desk.client()
    assert isinstance(await failure(client.write("POST", "/x", within(5))), Unavailable)
    await client.close()
    assert len(desk.server.seen) == 1


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST", "PATCH"])
async def test_a_write_whose_answer_is_lost_is_unknown_and_not_sent_again(
    desk: Desk, method: str
) -> None:
    desk.answers = [says(200)]
    client = desk.client()
    await client.read("GET", "/warm", within(5))
    desk.server.loses = lambda seen: True
    error = await failure(client.write(method, "/x", within(5)))
    await client.close()
    assert isinstance(error, OutcomeUnknown)
    assert [seen.method for seen in desk.server.seen] == ["GET", method]


async def test_a_write_never_rides_on_a_connection_that_may_be_stale(desk: Desk) -> None:
    desk.answers = [says(200)]
    client = desk.client()
    await client.read("GET", "/x", within(5))
    await client.read("GET", "/x", within(5))
    await client.write("POST", "/x", within(5))
    await client.close()
    first, second, write = (seen.peer for seen in desk.server.seen)
    assert first == second
    assert write != first


async def test_a_success_that_says_something_else_leaves_a_write_unknown(desk: Desk) -> None:
    desk.answers = [lambda: web.Response(text="<html>Sign in</html>", content_type="text/html")]
    client = desk.client()
    assert isinstance(await failure(client.write("POST", "/x", within(5))), OutcomeUnknown)
    error = await failure(client.read("GET", "/x", within(5)))
    await client.close()
    assert isinstance(error, Refused)
    assert "OPSBOT_ACME_URL" in str(error)


async def test_an_answer_of_another_shape_is_told_from_a_bug(desk: Desk) -> None:
    client = desk.client()
    for body in ({"hello": "world"}, ["hello"]):
        desk.answers = [says(200, body)]
        read = await client.read("GET", "/x", within(5))
        write = await client.write("POST", "/x", within(5))
        with pytest.raises(Refused, match="OPSBOT_ACME_URL"):
            read.record["id"]
        with pytest.raises(OutcomeUnknown, match="OPSBOT_ACME_URL"):
            write.record["id"]
    await client.close()


async def test_only_the_backend_s_own_word_counts_for_what_is_not_there(desk: Desk) -> None:
    client = desk.client()
    desk.answers = [says(404, {"why": "no such thing"})]
    assert (await client.read("GET", "/x", within(5), allow=(404,))).status == 404
    desk.answers = [lambda: web.Response(status=404, text="<h1>nginx</h1>")]
    assert isinstance(await failure(client.read("GET", "/x", within(5), allow=(404,))), InvalidCall)
    await client.close()


async def test_a_redirect_is_not_followed(desk: Desk) -> None:
    desk.answers = [says(302, Location="http://elsewhere.invalid/login")]
    client = desk.client()
    for call in (client.read("GET", "/x", within(5)), client.write("POST", "/x", within(5))):
        error = await failure(call)
        assert isinstance(error, Refused)
        assert "elsewhere.invalid" in str(error)
    await client.close()
    assert len(desk.server.seen) == 2


async def test_an_answer_beyond_the_bound_is_not_read_to_its_end(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_module, "MAX_BODY_BYTES", 1_000)
    desk.answers = [says(200, {"x": "y" * 5_000})]
    client = desk.client()
    assert isinstance(await failure(client.read("GET", "/x", within(5))), InvalidCall)
    await client.close()


async def test_nobody_listening_means_nothing_was_sent() -> None:
    async with Desk().server as server:
        url = server.url
    client = HttpClient("acme", url)
    for call in (client.read("GET", "/x", within(5)), client.write("POST", "/x", within(5))):
        assert isinstance(await failure(call), Unavailable)
    await client.close()


async def test_a_deadline_that_passed_sends_nothing(desk: Desk) -> None:
    desk.answers = [says(200)]
    client = desk.client()
    for call in (client.read("GET", "/x", within(-1)), client.write("POST", "/x", within(-1))):
        assert isinstance(await failure(call), Unavailable)
    await client.close()
    assert desk.server.seen == []


async def test_a_backend_that_never_answers_is_left_at_the_deadline() -> None:
    asked = asyncio.Event()

    async def silent(request: web.Request) -> web.Response:
        asked.set()
        await asyncio.Event().wait()
        return web.Response()

    async with FakeServer(silent) as server:
        client = HttpClient("acme", server.url)
        assert isinstance(await failure(client.read("GET", "/x", within(0.3))), Unavailable)
        assert isinstance(await failure(client.write("POST", "/x", within(0.3))), OutcomeUnknown)
        await client.close()
    assert asked.is_set()
