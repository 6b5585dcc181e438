"""The door: who is let in, and what is answered."""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.adapters.redis_inbox import RedisInbox
from bot.domain.values import Alert
from bot.policy.inventory import Inventory
from bot.web.server import MOST_BYTES, PortInUseError, WebServer
from tests.fakes.story import at
from tests.web.conftest import TOKEN, Serve

GOOD = {"title": "nightly failed", "service": "nightly"}


@pytest.mark.invariant(1)
async def test_a_good_webhook_is_in_the_inbox_when_it_is_answered(
    serve: Serve, inbox: RedisInbox
) -> None:
    status, answer = await (await serve()).post("generic", json=GOOD)
    assert (status, answer) == (202, {"accepted": 1})
    [(_, alert)] = await inbox.take(10, 0.1)
    assert alert.title == "nightly failed"


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("Authorization", "Bearer wrong")],
        [("Authorization", f"Bearer {TOKEN}x")],
        [("Authorization", f"bearer {TOKEN}")],
        [("Authorization", TOKEN)],
        [("Authorization", "Bearer ")],
        [("Authorization", "Bearer \u00e4\u00f6")],
        [("Authorization", f"Bearer {TOKEN}"), ("Authorization", f"Bearer {TOKEN}")],
        [("X-Token", TOKEN)],
    ],
    ids=lambda headers: ", ".join(value for _, value in headers) or "none",
)
@pytest.mark.parametrize("source", ["alertmanager", "generic"])
async def test_without_the_token_nobody_is_let_in(
    serve: Serve, inbox: RedisInbox, headers: Sequence[tuple[str, str]], source: str
) -> None:
    status, answer = await (await serve()).post(source, headers=headers, json=GOOD)
    assert (status, answer) == (401, {"error": "send the header `Authorization: Bearer <secret>`"})
    assert await inbox.take(10, 0.001) == []


@pytest.mark.parametrize("source", ["alertmanager", "generic"])
@pytest.mark.parametrize(
    "body",
    [b"", b"not json", b'{"title": ', b"\xff\xfe", b"[" * 100_000, b"[]", b'"text"', b"null"],
    ids=["empty", "words", "cut off", "not utf-8", "deep", "a list", "a string", "null"],
)
async def test_what_is_not_json_or_no_object_is_400(serve: Serve, source: str, body: bytes) -> None:
    status, answer = await (await serve()).post(source, data=body)
    assert status == 400
    assert answer["error"].startswith(("body: ", "version: "))


async def test_a_body_over_a_mebibyte_is_413(serve: Serve, inbox: RedisInbox) -> None:
    sender = await serve()
    fits = json.dumps({**GOOD, "labels": {"x": ""}})
    room = MOST_BYTES - len(fits)
    large = json.dumps({**GOOD, "labels": {"x": "a" * room}})
    assert (await sender.post("generic", data=large))[0] == 202
    status, answer = await sender.post("generic", data=large + " ")
    assert (status, answer) == (413, {"error": f"body: more than {MOST_BYTES} bytes"})
    assert len(await inbox.take(10, 0.1)) == 1


async def test_an_inbox_that_cannot_be_written_is_503(serve: Serve) -> None:
    class Full:
        async def put(self, alerts: Sequence[Alert], once: str = "") -> None:
            raise OSError("disk full")

        async def take(self, count: int, wait_seconds: float) -> list[tuple[str, Alert]]:
            return []

        async def done(self, entry_id: str) -> None: ...

    status, answer = await (await serve(into=Full())).post("generic", json=GOOD)
    assert (status, answer) == (503, {"error": "not stored, send it again"})


@pytest.mark.invariant(1)
async def test_without_redis_it_is_503(serve: Serve) -> None:
    gone: Redis = Redis.from_url("redis://127.0.0.1:1/0")
    sender = await serve(into=RedisInbox(gone, sync_each_put=False))
    assert (await sender.post("generic", json=GOOD))[0] == 503
    await gone.aclose()


async def test_without_a_token_configured_there_is_no_such_route(serve: Serve) -> None:
    sender = await serve(secrets={})
    for source in ("alertmanager", "generic"):
        assert (await sender.post(source, json=GOOD))[0] == 404
    assert (await sender.get("/health"))[0] == 200


async def test_an_unknown_sender_has_no_route_either(serve: Serve) -> None:
    assert (await (await serve()).post("carrier-pigeon", json=GOOD))[0] == 404


async def test_a_webhook_is_posted_not_got(serve: Serve) -> None:
    sender = await serve()
    async with sender.session.get(f"{sender.url}/webhooks/generic") as answer:
        assert answer.status == 405


@pytest.mark.parametrize(("ok", "status"), [(True, 200), (False, 503)])
async def test_health_says_how_it_is(serve: Serve, ok: bool, status: int) -> None:
    sender = await serve(healthy=lambda: {"ok": ok, "runbooks": 2})
    assert await sender.get("/health") == (status, {"ok": ok, "runbooks": 2})


async def test_a_port_in_use_is_named_with_the_setting(inbox: RedisInbox) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        given: dict[str, Any] = {"secrets": {}, "mapping": {}, "healthy": dict}
        server = WebServer(inbox, Inventory(), lambda: at(0), **given)
        with pytest.raises(PortInUseError, match=f"127.0.0.1:{port}.*OPSBOT_HTTP_ADDR"):
            await server.start("127.0.0.1", port)
