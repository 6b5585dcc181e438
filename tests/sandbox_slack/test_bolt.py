"""A real Bolt app lives on the local Slack as it does on Slack."""

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

APPROVAL: list[dict[str, Any]] = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*Approve 2 changes?*"}},
    {
        "type": "actions",
        "block_id": "approval",
        "elements": [
            {
                "type": "button",
                "action_id": "approve",
                "style": "primary",
                "text": {"type": "plain_text", "text": "Approve"},
                "value": "plan-7f3a",
            },
            {
                "type": "button",
                "action_id": "reject",
                "style": "danger",
                "text": {"type": "plain_text", "text": "Reject"},
                "value": "plan-7f3a",
            },
        ],
    },
]
REASON_MODAL: dict[str, Any] = {
    "type": "modal",
    "callback_id": "reject_reason",
    "notify_on_close": True,
    "title": {"type": "plain_text", "text": "Reject the fix"},
    "submit": {"type": "plain_text", "text": "Reject"},
    "blocks": [
        {
            "type": "input",
            "block_id": "reason",
            "label": {"type": "plain_text", "text": "Why?"},
            "element": {"type": "plain_text_input", "action_id": "text", "multiline": True},
        }
    ],
}


async def test_a_mention_reaches_the_app_which_answers_in_the_thread(
    app: AsyncApp, connect: Connect, maya: Person
) -> None:
    @app.event("app_mention")
    async def answer(event: dict[str, Any], say: Any) -> None:
        await say(text=f"heard: {event['text']}", thread_ts=event["ts"])

    await connect(app)
    asked = await maya.say("#incidents", "@opsbot why is etl failing?")
    heard = await maya.wait_for(lambda message: message.text.startswith("heard:"))
    assert heard.thread_ts == asked
    assert heard.text == "heard: <@U0OPSBOT01> why is etl failing?"
    assert heard.bot_id == "B0OPSBOTBO"
    [root] = [message for message in await maya.messages("#incidents") if message.ts == asked]
    assert root.reply_count == 1


async def test_a_mention_in_a_channel_is_also_a_message_event_of_the_same_ts(
    app: AsyncApp, connect: Connect, maya: Person
) -> None:
    seen: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    @app.event("app_mention")
    async def mention(body: dict[str, Any]) -> None:
        await seen.put(body)

    @app.event("message")
    async def message(body: dict[str, Any]) -> None:
        await seen.put(body)

    await connect(app)
    ts = await maya.say("#incidents", "@opsbot hello")
    bodies = [await asyncio.wait_for(seen.get(), 5) for _ in range(2)]
    assert {body["event"]["type"] for body in bodies} == {"message", "app_mention"}
    assert {body["event"]["ts"] for body in bodies} == {ts}
    assert len({body["event_id"] for body in bodies}) == 2


async def test_a_direct_message_raises_message_im_and_no_mention(
    app: AsyncApp, connect: Connect, maya: Person
) -> None:
    kinds: list[str] = []

    @app.event("app_mention")
    async def mention() -> None:
        kinds.append("app_mention")

    @app.event("message")
    async def message(event: dict[str, Any], say: Any) -> None:
        kinds.append(event["channel_type"])
        await say("hello to you")

    await connect(app)
    await maya.say("@opsbot", "hi @opsbot")
    await maya.wait_for(lambda message: message.text == "hello to you")
    assert kinds == ["im"]


async def test_a_click_is_acknowledged_and_edits_the_message(
    app: AsyncApp, connect: Connect, client: AsyncWebClient, maya: Person, sam: Person
) -> None:
    payloads: list[dict[str, Any]] = []

    @app.action("approve")
    async def approve(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        payloads.append(body)
        await client.chat_update(
            channel=body["channel"]["id"],
            ts=body["container"]["message_ts"],
            text=f"Approved by {body['user']['name']}",
        )

    await connect(app)
    root = await client.chat_postMessage(channel="C0INCIDENT", text="card")
    await client.chat_postMessage(
        channel="C0INCIDENT", thread_ts=root["ts"], text="Approve?", blocks=APPROVAL
    )
    approval = await maya.wait_for(lambda message: bool(message.buttons))
    ack = await maya.click(approval, "Approve")
    assert ack.ack_ms is not None and 0 < ack.ack_ms < 3000
    edited = await sam.wait_for(lambda message: message.text == "Approved by maya")
    assert (edited.ts, edited.buttons) == (approval.ts, [])
    assert edited.edited is not None
    [body] = payloads
    assert body["user"]["id"] == "U0MAYA0001"
    assert body["container"]["thread_ts"] == root["ts"]
    assert body["message"]["ts"] == approval.ts
    assert body["actions"][0]["value"] == "plan-7f3a"
    assert body["channel"] == {"id": "C0INCIDENT", "name": "incidents"}


async def test_a_late_click_on_a_button_that_an_edit_removed_still_reaches_the_app(
    app: AsyncApp, connect: Connect, client: AsyncWebClient, maya: Person
) -> None:
    @app.action("approve")
    async def approve(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.chat_postEphemeral(
            channel=body["channel"]["id"], user=body["user"]["id"], text="Already decided."
        )

    await connect(app)
    await client.chat_postMessage(channel="C0INCIDENT", text="Approve?", blocks=APPROVAL)
    seen = await maya.wait_for(lambda message: bool(message.buttons))
    await client.chat_update(channel="C0INCIDENT", ts=seen.ts, text="Expired.")
    with pytest.raises(Refused, match="gone"):
        await maya.click(seen, "Approve")
    await maya.click(seen, "Approve", stale=True)
    told = await maya.wait_for(lambda message: message.text == "Already decided.")
    assert told.ephemeral


async def test_reject_opens_a_modal_whose_reason_arrives(
    app: AsyncApp, connect: Connect, client: AsyncWebClient, maya: Person
) -> None:
    @app.action("reject")
    async def reject(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        view = REASON_MODAL | {"private_metadata": body["container"]["message_ts"]}
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    @app.view("reject_reason")
    async def rejected(ack: Any, view: dict[str, Any], client: AsyncWebClient) -> None:
        reason = view["state"]["values"]["reason"]["text"]["value"]
        if len(reason) < 4:
            await ack(response_action="errors", errors={"reason": "Say a little more."})
            return
        await ack()
        await client.chat_update(
            channel="C0INCIDENT", ts=view["private_metadata"], text=f"Rejected: {reason}"
        )

    await connect(app)
    await client.chat_postMessage(channel="C0INCIDENT", text="Approve?", blocks=APPROVAL)
    approval = await maya.wait_for(lambda message: bool(message.buttons))
    await maya.click(approval, "Reject")
    view = await maya.wait_for_view()
    empty = await maya.submit(view["id"], {})
    assert empty.errors == {"reason": "Please complete this required field."}
    short = await maya.submit(view["id"], {"reason": {"text": "no"}})
    assert short.errors == {"reason": "Say a little more."}
    assert (await maya.state())["views"] != []
    done = await maya.submit(view["id"], {"reason": {"text": "wait for DBA"}})
    assert done.errors == {}
    await maya.wait_for(lambda message: message.text == "Rejected: wait for DBA")
    assert (await maya.state())["views"] == []


async def test_a_closed_modal_tells_the_app_that_asked_for_it(
    app: AsyncApp, connect: Connect, client: AsyncWebClient, maya: Person
) -> None:
    closed = asyncio.Event()

    @app.action("reject")
    async def reject(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=REASON_MODAL)

    @app.view_closed("reject_reason")
    async def shut(ack: Any) -> None:
        await ack()
        closed.set()

    await connect(app)
    await client.chat_postMessage(channel="C0INCIDENT", text="Approve?", blocks=APPROVAL)
    await maya.click(await maya.wait_for(lambda message: bool(message.buttons)), "Reject")
    view = await maya.wait_for_view()
    await maya.dismiss(view["id"])
    assert closed.is_set()
    with pytest.raises(Refused, match="closed already"):
        await maya.submit(view["id"], {"reason": {"text": "too late"}})


async def test_an_ephemeral_is_seen_by_one_person_alone(
    slack: LocalSlack, client: AsyncWebClient, maya: Person, sam: Person
) -> None:
    await client.chat_postEphemeral(
        channel="C0INCIDENT", user="U0SAM00001", text="You can't approve this."
    )
    assert [message.text for message in await sam.messages()] == ["You can't approve this."]
    assert await maya.messages() == []
    history = await client.conversations_history(channel="C0INCIDENT")
    assert history["messages"] == []


async def test_a_response_url_answers_five_times_and_can_replace_the_original(
    app: AsyncApp, connect: Connect, client: AsyncWebClient, maya: Person, sam: Person
) -> None:
    statuses: list[int] = []
    done = asyncio.Event()

    @app.action("approve")
    async def approve(ack: Any, respond: Any) -> None:
        await ack()
        statuses.append((await respond("Only for you", replace_original=False)).status_code)
        statuses.append((await respond(text="Replaced", replace_original=True)).status_code)
        for _ in range(4):
            answer = await respond("For all", response_type="in_channel", replace_original=False)
            statuses.append(answer.status_code)
        done.set()

    await connect(app)
    await client.chat_postMessage(channel="C0INCIDENT", text="Approve?", blocks=APPROVAL)
    approval = await maya.wait_for(lambda message: bool(message.buttons))
    await maya.click(approval, "Approve")
    await asyncio.wait_for(done.wait(), 5)
    assert statuses == [200, 200, 200, 200, 200, 404]
    assert [(m.text, m.ephemeral) for m in await maya.messages("#incidents")] == [
        ("Replaced", False),
        ("Only for you", True),
        *[("For all", False)] * 3,
    ]
    assert "Only for you" not in [message.text for message in await sam.messages("#incidents")]


async def test_the_home_tab_is_published_when_it_is_opened(
    app: AsyncApp, connect: Connect, maya: Person
) -> None:
    @app.event("app_home_opened")
    async def home(event: dict[str, Any], client: AsyncWebClient) -> None:
        header = {"type": "header", "text": {"type": "plain_text", "text": "Open incidents"}}
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [header]})

    await connect(app)
    home_view = await maya.open_home()
    assert home_view["blocks"][0]["text"]["text"] == "Open incidents"


async def test_a_reaction_of_a_person_is_told_to_the_app(
    app: AsyncApp, connect: Connect, client: AsyncWebClient, maya: Person
) -> None:
    reactions: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    @app.event("reaction_added")
    async def reacted(event: dict[str, Any]) -> None:
        await reactions.put(event)

    await connect(app)
    await client.chat_postMessage(channel="C0INCIDENT", text="an answer")
    answer = await maya.wait_for(lambda message: message.text == "an answer")
    await maya.react(answer, "+1")
    event = await asyncio.wait_for(reactions.get(), 5)
    assert (event["reaction"], event["user"]) == ("+1", "U0MAYA0001")
    assert event["item"] == {"type": "message", "channel": "C0INCIDENT", "ts": answer.ts}
