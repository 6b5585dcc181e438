"""What a sender names is fetched over HTTP: that alone, not much of it, and not for long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from bot.web.fetch import MOST_BYTES, FetchError, fetch
from tests.fakes import amazon
from tests.fakes import senders as fake
from tests.fakes.amazon import HOST
from tests.web.conftest import Serve, post


class Loopback:
    """A server of ours in Amazon's place, and what it has to fetch from it."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def __call__(self, url: str) -> bytes:
        return await fetch(url.replace(HOST, self.url))


@pytest.fixture
async def loopback() -> AsyncIterator[Loopback]:
    async def certificate(_: web.Request) -> web.Response:
        return web.Response(body=amazon.certificate())

    async def moved(request: web.Request) -> web.Response:
        return web.Response(status=int(request.match_info["status"]), headers={"Location": "/ok"})

    async def much(_: web.Request) -> web.Response:
        return web.Response(body=b"x" * (MOST_BYTES + 1))

    async def packed(_: web.Request) -> web.Response:
        answer = web.Response(body=b"x" * 50_000_000)
        answer.enable_compression(web.ContentCoding.gzip)
        return answer

    app = web.Application()
    app.router.add_get("/ok", certificate)
    app.router.add_get("/SimpleNotificationService-0123456789abcdef.pem", certificate)
    app.router.add_get("/moved/{status}", moved)
    app.router.add_get("/much", much)
    app.router.add_get("/packed", packed)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    yield Loopback(f"http://{host}:{port}")
    await runner.cleanup()


async def test_a_certificate_that_is_really_fetched_proves_it(
    serve: Serve, loopback: Loopback
) -> None:
    door = await serve(secrets={}, fetch=loopback)
    assert await post(door, fake.sns()) == 202
    assert await post(door, amazon.signed(fake.sns(), "somebody")) == 401


async def test_nothing_that_it_points_to_is_fetched_nor_anything_large(loopback: Loopback) -> None:
    assert await fetch(f"{loopback.url}/ok") == amazon.certificate()
    for path in ("moved/301", "moved/302", "moved/307", "moved/404", "moved/500", "none"):
        with pytest.raises(FetchError, match=r"answered [0-9]{3}"):
            await fetch(f"{loopback.url}/{path}")
    for path in ("much", "packed"):
        with pytest.raises(FetchError, match=f"more than {MOST_BYTES} bytes"):
            await fetch(f"{loopback.url}/{path}")


async def test_a_server_that_does_not_end_is_given_up_and_its_address_is_not_told() -> None:
    async def silent(_: Any, writer: Any) -> None:
        await asyncio.sleep(30)

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(FetchError) as told:
        await fetch(f"http://127.0.0.1:{port}/?Token=hidden", seconds=0.2)
    assert "hidden" not in str(told.value)
    server.close()
    with pytest.raises(FetchError) as told:
        await fetch(f"http://127.0.0.1:{port}/?Token=hidden")
    assert "hidden" not in str(told.value)
