"""The Home tab: published by the app, opened and used by a person."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import LocalSlack, Person, Refused, Workspace

Connect = Callable[[AsyncApp], Awaitable[AsyncSocketModeHandler]]
DIVIDER = {"type": "divider"}
QUIET: dict[str, Any] = {
    "type": "actions",
    "block_id": "quiet",
    "elements": [
        {
            "type": "button",
            "action_id": "review",
            "text": {"type": "plain_text", "text": "Review"},
            "value": "INC-412",
        },
        {"type": "timepicker", "action_id": "from", "initial_time": "22:00"},
    ],
}


def home(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"type": "home", "blocks": list(blocks)}


async def test_a_click_in_the_home_tab_names_the_view_and_no_channel(
    app: AsyncApp, connect: Connect, client: AsyncWebClient, maya: Person
) -> None:
    bodies: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    @app.action("review")
    async def review(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        modal = {
            "type": "modal",
            "title": {"type": "plain_text", "text": "Review"},
            "blocks": [DIVIDER],
        }
        await client.views_open(trigger_id=body["trigger_id"], view=modal)
        await bodies.put(body)

    @app.action("from")
    async def hours(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        await bodies.put(body)

    await connect(app)
    await client.views_publish(user_id="U0MAYA0001", view=home(QUIET))
    view = await maya.wait_for_home(lambda view: bool(view["blocks"]))
    await maya.click_in_view(view, "Review")
    body = await asyncio.wait_for(bodies.get(), 5)
    assert body["container"] == {"type": "view", "view_id": view["id"]}
    assert body["view"]["type"] == "home"
    assert "channel" not in body and "message" not in body and "response_url" not in body
    assert body["view"]["state"]["values"]["quiet"]["from"]["selected_time"] == "22:00"
    assert (await maya.wait_for_view())["title"]["text"] == "Review"

    await maya.use_in_view(view["id"], "from", "23:30")
    body = await asyncio.wait_for(bodies.get(), 5)
    assert body["actions"][0]["selected_time"] == "23:30"
    assert body["view"]["state"]["values"]["quiet"]["from"]["selected_time"] == "23:30"


async def test_opening_tells_which_tab_and_the_view_that_stands_there(
    app: AsyncApp, connect: Connect, maya: Person
) -> None:
    events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    @app.event("app_home_opened")
    async def opened(event: dict[str, Any], client: AsyncWebClient) -> None:
        await events.put(event)
        if event["tab"] == "home":
            await client.views_publish(user_id=event["user"], view=home(DIVIDER))

    await connect(app)
    first = await maya.open_home()
    again = await maya.open_home()
    channel = await maya.open_messages()
    seen = [await asyncio.wait_for(events.get(), 5) for _ in range(3)]
    assert [event["tab"] for event in seen] == ["home", "home", "messages"]
    assert "view" not in seen[0]
    assert seen[1]["view"]["id"] == first["id"] == again["id"]
    assert first["hash"] != again["hash"]
    assert seen[2]["channel"] == channel


async def test_a_modal_sends_what_was_picked_beside_its_inputs_and_what_nobody_changed(
    app: AsyncApp, connect: Connect, client: AsyncWebClient, maya: Person
) -> None:
    states: list[dict[str, Any]] = []
    name = {"type": "plain_text_input", "action_id": "text", "initial_value": "ETL"}
    modal = {
        "type": "modal",
        "callback_id": "open",
        "title": {"type": "plain_text", "text": "Open"},
        "submit": {"type": "plain_text", "text": "Open"},
        "blocks": [
            QUIET,
            {
                "type": "input",
                "block_id": "name",
                "label": {"type": "plain_text", "text": "Name"},
                "element": name,
            },
        ],
    }

    @app.action("review")
    async def review(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal)

    @app.action("from")
    async def hours(ack: Any) -> None:
        await ack()

    @app.view("open")
    async def submitted(ack: Any, view: dict[str, Any]) -> None:
        await ack()
        states.append(view["state"]["values"])

    await connect(app)
    await client.views_publish(user_id="U0MAYA0001", view=home(QUIET))
    await maya.click_in_view(await maya.wait_for_home(lambda view: True), "Review")
    view = await maya.wait_for_view()
    await maya.use_in_view(view["id"], "from", "23:30")
    assert (await maya.submit(view["id"], {})).errors == {}
    assert states == [
        {
            "quiet": {"from": {"type": "timepicker", "selected_time": "23:30"}},
            "name": {"text": {"type": "plain_text_input", "value": "ETL"}},
        }
    ]


async def test_an_old_hash_and_101_blocks_are_refused(client: AsyncWebClient) -> None:
    first = await client.views_publish(user_id="U0MAYA0001", view=home(*[DIVIDER] * 100))
    await client.views_publish(user_id="U0MAYA0001", view=home(DIVIDER), hash=first["view"]["hash"])
    with pytest.raises(SlackApiError, match="hash_conflict"):
        await client.views_publish(
            user_id="U0MAYA0001", view=home(DIVIDER), hash=first["view"]["hash"]
        )
    with pytest.raises(SlackApiError, match="no more than 100"):
        await client.views_publish(user_id="U0MAYA0001", view=home(*[DIVIDER] * 101))


async def test_an_app_without_a_home_tab_can_neither_publish_nor_be_opened(
    workspace: Workspace,
) -> None:
    data = workspace.model_dump()
    data["app"]["home_tab"] = False
    async with LocalSlack(Workspace.model_validate(data)) as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
        with pytest.raises(SlackApiError, match="not_enabled"):
            await client.views_publish(user_id="U0MAYA0001", view=home(DIVIDER))
        async with Person(slack.page_url, "maya") as maya:
            with pytest.raises(Refused, match="no Home tab"):
                await maya.open_home()
