"""Slash commands and shortcuts, as people use them and as the app hears of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import LocalSlack, Person, Refused

Connect = Callable[[AsyncApp], Awaitable[AsyncSocketModeHandler]]


async def test_a_slash_command_reaches_the_app_and_its_answer_is_private(
    app: AsyncApp, connect: Connect, maya: Person, sam: Person
) -> None:
    @app.command("/opsbot")
    async def command(ack: Any, command: dict[str, Any]) -> None:
        await ack(f"you said {command['text']!r} in {command['channel_name']}")

    await connect(app)
    await maya.slash("/opsbot", "list open", channel="#incidents")
    told = await maya.wait_for(lambda message: "you said" in message.text)
    assert (told.text, told.ephemeral) == ("you said 'list open' in incidents", True)
    assert await sam.messages("#incidents") == []


async def test_a_command_answers_for_all_in_its_ack_or_at_its_response_url(
    app: AsyncApp, connect: Connect, maya: Person, sam: Person
) -> None:
    @app.command("/opsbot")
    async def command(ack: Any, respond: Any) -> None:
        await ack("for all", response_type="in_channel")
        await respond("for one")
        await respond("for all again", response_type="in_channel")

    await connect(app)
    await maya.slash("/opsbot", channel="#incidents")
    await maya.wait_for(lambda message: message.text == "for all again")
    texts = [message.text for message in await maya.messages("#incidents")]
    assert sorted(texts) == ["for all", "for all again", "for one"]
    assert {m.text for m in await sam.messages("#incidents")} == {"for all", "for all again"}


async def test_people_in_a_commands_text_come_by_their_id_only_where_it_is_declared_so(
    app: AsyncApp, connect: Connect, maya: Person
) -> None:
    heard: dict[str, str] = {}

    @app.command("/opsbot")
    async def escaped(ack: Any, command: dict[str, Any]) -> None:
        heard["/opsbot"] = command["text"]
        await ack()

    @app.command("/plain")
    async def plain(ack: Any, command: dict[str, Any]) -> None:
        heard["/plain"] = command["text"]
        await ack()

    await connect(app)
    for name in ("/opsbot", "/plain"):
        await maya.slash(name, "commander INC-1 @dev #data", channel="#incidents")
    assert heard == {
        "/opsbot": "commander INC-1 <@U0DEV00001|dev> <#C0DATATEAM|data>",
        "/plain": "commander INC-1 @dev #data",
    }


async def test_a_command_is_refused_in_a_thread_and_where_none_is_declared(
    app: AsyncApp, connect: Connect, maya: Person
) -> None:
    await connect(app)
    root = await maya.say("#incidents", "root")
    with pytest.raises(Refused, match="can't be used in threads"):
        await maya.slash("/opsbot", "help", channel="#incidents", thread_ts=root)
    with pytest.raises(Refused, match="not a valid command"):
        await maya.slash("/opsbto", "help", channel="#incidents")
    assert await maya.say("#incidents", " /etc/hosts is full")


async def test_a_message_shortcut_brings_the_message_and_may_open_a_modal(
    app: AsyncApp, connect: Connect, client: AsyncWebClient, maya: Person
) -> None:
    bodies: list[dict[str, Any]] = []

    @app.shortcut("open_incident")
    async def picked(
        ack: Any, shortcut: dict[str, Any], respond: Any, client: AsyncWebClient
    ) -> None:
        await ack()
        bodies.append(shortcut)
        modal = {
            "type": "modal",
            "title": {"type": "plain_text", "text": "Open incident"},
            "blocks": [{"type": "divider"}],
        }
        await client.views_open(trigger_id=shortcut["trigger_id"], view=modal)
        await respond("opened")

    await connect(app)
    ts = await maya.say("#incidents", "etl is down again")
    [message] = await maya.messages("#incidents")
    await maya.shortcut("open_incident", message)
    assert (await maya.wait_for_view())["title"]["text"] == "Open incident"
    told = await maya.wait_for(lambda message: message.text == "opened")
    assert told.ephemeral
    [body] = bodies
    assert body["type"] == "message_action"
    assert body["message_ts"] == body["message"]["ts"] == ts
    assert body["message"]["text"] == "etl is down again"
    assert body["channel"] == {"id": "C0INCIDENT", "name": "incidents"}
    assert body["user"]["id"] == "U0MAYA0001"
    with pytest.raises(Refused, match="only you see"):
        await maya.shortcut("open_incident", told)


async def test_a_global_shortcut_knows_no_channel(
    app: AsyncApp, connect: Connect, maya: Person
) -> None:
    bodies: list[dict[str, Any]] = []

    @app.shortcut("new_incident")
    async def picked(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        bodies.append(body)

    await connect(app)
    await maya.shortcut("new_incident")
    [body] = bodies
    assert body["type"] == "shortcut" and body["trigger_id"]
    assert not {"channel", "message", "response_url"} & body.keys()
    with pytest.raises(Refused, match="no global shortcut 'open_incident'"):
        await maya.shortcut("open_incident")


async def test_reactions_come_and_go_and_can_be_read(
    slack: LocalSlack, app: AsyncApp, connect: Connect, client: AsyncWebClient, maya: Person
) -> None:
    events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    @app.event("reaction_added")
    @app.event("reaction_removed")
    async def reacted(event: dict[str, Any]) -> None:
        await events.put(event)

    await connect(app)
    posted = await client.chat_postMessage(channel="C0INCIDENT", text="an answer")
    answer = await maya.wait_for(lambda message: message.text == "an answer")
    await maya.react(answer, "-1")
    found = await client.reactions_get(channel="C0INCIDENT", timestamp=posted["ts"])
    assert found["message"]["reactions"] == [{"name": "-1", "users": ["U0MAYA0001"], "count": 1}]
    await maya.react(answer, "-1", remove=True)
    seen = [(await asyncio.wait_for(events.get(), 5))["type"] for _ in range(2)]
    assert sorted(seen) == ["reaction_added", "reaction_removed"]
    found = await client.reactions_get(channel="C0INCIDENT", timestamp=posted["ts"])
    assert "reactions" not in found["message"]
