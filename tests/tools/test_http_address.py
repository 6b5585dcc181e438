"""The HTTP client: where it may go, and in which event loops it lives."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from tests.fakes.http_server import FakeServer
from tools.kit.errors import InvalidCall
from tools.kit.http import HttpClient, segment, within


def test_one_client_serves_one_event_loop_after_another() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"n": 1})

    clients: list[HttpClient] = []

    async def once() -> object:
        async with FakeServer(answer) as server:
            if not clients:
                clients.append(HttpClient("acme", server.url))
            clients[0].base_url = server.url
            return (await clients[0].read("GET", "/x", within(5))).body

    assert [asyncio.run(once()) for _ in range(3)] == [{"n": 1}] * 3
    asyncio.run(clients[0].close())
    asyncio.run(clients[0].close())


@pytest.mark.parametrize(
    "url", ["", "acme.example", "ftp://acme", "https://u:p@acme.example", "u:p@acme.example"]
)
def test_an_address_that_can_not_work_is_refused_without_repeating_a_password(url: str) -> None:
    with pytest.raises(ValueError, match="acme: url") as caught:
        HttpClient("acme", url)
    assert "u:p" not in str(caught.value)


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_can_not_leave_its_place_in_a_path(name: str) -> None:
    with pytest.raises(InvalidCall):
        segment(name)
