"""Nothing but this machine's own page and app gets in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.sandbox.slack import LocalSlack, Person, PortInUse, Refused


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


PATHS = ["{page}", "{page}state?user=maya", "{page}live?user=maya", "{api}auth.test", "{root}link"]


def _url(slack: LocalSlack, path: str) -> str:
    root = slack.api_url.removesuffix("api/")
    return path.format(page=slack.page_url, api=slack.api_url, root=root)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost:1", ""])
async def test_a_foreign_host_is_refused_everywhere(
    slack: LocalSlack, session: aiohttp.ClientSession, path: str, host: str
) -> None:
    async with session.get(_url(slack, path), headers={"Host": host}) as answer:
        assert answer.status in (400, 403)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
async def test_a_foreign_origin_is_refused_everywhere(
    slack: LocalSlack, session: aiohttp.ClientSession, path: str, origin: str
) -> None:
    async with session.get(_url(slack, path), headers={"Origin": origin}) as answer:
        assert answer.status == 403
        assert "Access-Control-Allow-Origin" not in answer.headers


async def test_the_pages_own_origin_passes_by_either_name(
    slack: LocalSlack, session: aiohttp.ClientSession
) -> None:
    for name in ("127.0.0.1", "localhost"):
        url = slack.page_url.replace("127.0.0.1", name)
        headers = {"Origin": f"http://{name}:{slack.state.port}"}
        async with session.get(url, headers=headers) as answer:
            assert answer.status == 200


@pytest.mark.parametrize("token", ["wrong", "%C3%A9", "api-", ""])
async def test_a_wrong_page_token_is_refused(
    slack: LocalSlack, session: aiohttp.ClientSession, token: str
) -> None:
    root = slack.api_url.removesuffix("api/")
    for path in ("state?user=maya", "live?user=maya"):
        async with session.get(f"{root}{token}/{path}") as answer:
            assert answer.status in (403, 404)
    async with session.post(f"{root}{token}/say", json={}) as answer:
        assert answer.status in (403, 404)


async def test_each_run_has_a_token_of_its_own() -> None:
    tokens = [LocalSlack().state.page_token for _ in range(2)]
    assert tokens[0] != tokens[1]
    assert min(map(len, tokens)) >= 32


async def test_the_page_may_load_nothing_from_elsewhere(
    slack: LocalSlack, session: aiohttp.ClientSession
) -> None:
    async with session.get(slack.page_url) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        html = await answer.text()
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "https://" not in html


async def test_a_form_post_can_not_act_for_a_person(
    slack: LocalSlack, session: aiohttp.ClientSession
) -> None:
    body = '{"user": "maya", "channel": "#incidents", "text": "x"}'
    headers = {"Content-Type": "text/plain"}
    async with session.post(slack.page_url + "say", data=body, headers=headers) as answer:
        assert answer.status == 415


@pytest.mark.parametrize("body", ["[]", "{", '{"user": "maya"}', '{"user": 1, "x": 2}'])
async def test_a_misshapen_order_is_a_400(
    slack: LocalSlack, session: aiohttp.ClientSession, body: str
) -> None:
    headers = {"Content-Type": "application/json"}
    async with session.post(slack.page_url + "say", data=body, headers=headers) as answer:
        assert answer.status == 400


@pytest.mark.parametrize("name", ["../server.py", "..%2Fserver.py", "server.py", "app.py"])
async def test_only_the_pages_own_files_are_served(
    slack: LocalSlack, session: aiohttp.ClientSession, name: str
) -> None:
    async with session.get(slack.page_url + name) as answer:
        assert answer.status in (403, 404)


async def test_a_connection_needs_a_fresh_ticket(
    slack: LocalSlack, session: aiohttp.ClientSession
) -> None:
    headers = {"Authorization": f"Bearer {slack.app_token}"}
    async with session.post(slack.api_url + "apps.connections.open", headers=headers) as answer:
        url = (await answer.json())["url"]
    async with session.ws_connect(url):
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)


async def test_a_guest_sees_and_writes_only_where_they_are_members(slack: LocalSlack) -> None:
    async with Person(slack.page_url, "guest") as guest:
        names = [place["name"] for place in (await guest.state())["channels"]]
        assert "incidents" in names
        assert "data" not in names
        with pytest.raises(Refused, match="can't see"):
            await guest.say("#data", "hello")


async def test_nobody_can_act_as_the_bot(slack: LocalSlack) -> None:
    async with Person(slack.page_url, "opsbot") as bot:
        with pytest.raises(Refused, match="no person"):
            await bot.say("#incidents", "approved")


async def test_a_port_in_use_is_said_plainly(slack: LocalSlack) -> None:
    with pytest.raises(PortInUse, match=rf"port {slack.state.port} .* already in use"):
        await LocalSlack().start(slack.state.port)


async def test_it_listens_on_loopback_only(slack: LocalSlack) -> None:
    with pytest.raises(OSError, match="Connect call failed"):
        await asyncio.open_connection("127.0.0.2", slack.state.port)
