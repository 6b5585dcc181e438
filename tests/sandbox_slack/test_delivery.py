"""Connections drop, apps are slow or absent, and no event is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import LocalSlack, Person, Refused

Connect = Callable[[AsyncApp], Awaitable[AsyncSocketModeHandler]]

BUTTON: list[dict[str, Any]] = [
    {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": "go",
                "text": {"type": "plain_text", "text": "Go"},
            }
        ],
    }
]


async def test_the_app_comes_back_by_itself_after_its_connection_is_cut(
    slack: LocalSlack, app: AsyncApp, connect: Connect, maya: Person
) -> None:
    @app.event("message")
    async def echo(event: dict[str, Any], say: Any) -> None:
        await say(f"echo {event['text']}")

    await connect(app)
    await maya.say("@opsbot", "one")
    await maya.wait_for(lambda message: message.text == "echo one")
    await slack.socket_mode.drop_connections()
    assert slack.socket_mode.connections == 0
    await maya.say("@opsbot", "two")
    await maya.wait_for(lambda message: message.text == "echo two", timeout=15)
    assert slack.socket_mode.connections == 1


async def test_an_event_that_happened_before_the_app_connected_is_delivered_then(
    app: AsyncApp, connect: Connect, maya: Person
) -> None:
    @app.event("message")
    async def echo(event: dict[str, Any], say: Any) -> None:
        await say(f"echo {event['text']}")

    await maya.say("@opsbot", "early")
    await connect(app)
    await maya.wait_for(lambda message: message.text == "echo early")


async def test_an_event_is_sent_again_until_it_is_acknowledged(
    slack: LocalSlack, maya: Person
) -> None:
    slack.socket_mode.ack_seconds = 0.1
    slack.socket_mode.retry_after = (0,)
    async with aiohttp.ClientSession() as session:
        socket = await _raw_connection(session, slack)
        await maya.say("#incidents", "hello")
        first = await socket.receive_json(timeout=5)
        second = await socket.receive_json(timeout=5)
        await socket.send_json({"envelope_id": second["envelope_id"]})
        async with asyncio.timeout(5):
            await slack.socket_mode.delivered()
    assert first["payload"]["event_id"] == second["payload"]["event_id"]
    assert (first["retry_attempt"], second["retry_attempt"]) == (0, 1)
    assert second["retry_reason"] == "timeout"


async def test_each_event_goes_to_one_of_several_connections(
    slack: LocalSlack, maya: Person
) -> None:
    async with aiohttp.ClientSession() as session:
        sockets = [await _raw_connection(session, slack) for _ in range(2)]
        for number in range(4):
            await maya.say("#incidents", f"message {number}")
        texts: list[str] = []
        for socket in sockets:
            for _ in range(2):
                envelope = await socket.receive_json(timeout=5)
                await socket.send_json({"envelope_id": envelope["envelope_id"]})
                texts.append(envelope["payload"]["event"]["text"])
    assert sorted(texts) == [f"message {number}" for number in range(4)]


async def test_an_eleventh_connection_is_turned_away(slack: LocalSlack) -> None:
    async with aiohttp.ClientSession() as session:
        held = [await _raw_connection(session, slack) for _ in range(10)]
        url = await _connection_url(session, slack)
        async with session.ws_connect(url) as eleventh:
            answer = await eleventh.receive_json(timeout=5)
        assert slack.socket_mode.connections == len(held) == 10
    assert answer == {"type": "disconnect", "reason": "too_many_websockets"}


async def test_a_click_without_an_app_says_so_in_plain_words(
    client: AsyncWebClient, maya: Person
) -> None:
    await client.chat_postMessage(channel="C0INCIDENT", text="Go?", blocks=BUTTON)
    message = await maya.wait_for(lambda message: bool(message.buttons))
    with pytest.raises(Refused, match="isn't connected right now") as refused:
        await maya.click(message, "Go")
    assert refused.value.status == 504


async def test_a_click_that_no_one_acknowledges_ends_with_no_answer(
    slack: LocalSlack, client: AsyncWebClient, maya: Person
) -> None:
    slack.socket_mode.ack_seconds = 0.1
    await client.chat_postMessage(channel="C0DATATEAM", text="Go?", blocks=BUTTON)
    message = await maya.wait_for(lambda message: bool(message.buttons))
    async with aiohttp.ClientSession() as session:
        held = await _raw_connection(session, slack)
        with pytest.raises(Refused, match="didn't answer") as refused:
            await maya.click(message, "Go")
        assert not held.closed
    assert (refused.value.status, refused.value.code) == (504, "no_answer")


async def test_a_throttled_call_waits_and_succeeds_with_the_sdks_handler(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=2))
    slack.throttle("chat.postMessage", seconds=1, times=1)
    posted = await client.chat_postMessage(channel="C0INCIDENT", text="after a while")
    assert posted["ok"]
    errors = [call.error for call in slack.calls if call.method == "chat.postMessage"]
    assert errors == ["ratelimited", None]


async def test_a_throttled_call_without_a_handler_tells_when_to_return(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    slack.throttle("chat.update", seconds=7, times=1)
    with pytest.raises(SlackApiError) as refused:
        await client.chat_update(channel="C0INCIDENT", ts="1.0", text="x")
    assert refused.value.response.status_code == 429
    assert refused.value.response.headers["Retry-After"] == "7"
    assert [call.retry_after for call in slack.calls] == [7]


async def test_real_rates_hold_a_channel_to_a_message_a_second(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    slack.enforce_rates(True)
    errors = []
    for number in range(8):
        try:
            await client.chat_postMessage(channel="C0INCIDENT", text=str(number))
        except SlackApiError as error:
            errors.append(error.response["error"])
    assert set(errors) == {"ratelimited"}
    assert (await client.chat_postMessage(channel="C0DATATEAM", text="elsewhere"))["ok"]


async def test_an_outage_fails_every_call_until_it_ends(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    slack.outage(True)
    with pytest.raises(SlackApiError) as refused:
        await client.auth_test()
    assert refused.value.response.status_code == 503
    slack.outage(False)
    assert (await client.auth_test())["ok"]


async def _connection_url(session: aiohttp.ClientSession, slack: LocalSlack) -> str:
    headers = {"Authorization": f"Bearer {slack.app_token}"}
    async with session.post(slack.api_url + "apps.connections.open", headers=headers) as answer:
        return str((await answer.json())["url"])


async def _raw_connection(
    session: aiohttp.ClientSession, slack: LocalSlack
) -> aiohttp.ClientWebSocketResponse:
    socket = await session.ws_connect(await _connection_url(session, slack))
    assert (await socket.receive_json(timeout=5))["type"] == "hello"
    return socket
