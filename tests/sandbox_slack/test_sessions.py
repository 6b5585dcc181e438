"""Agent sessions, status lines, prompts, and what the agent hears of its reader."""

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
from tests.fakes.poll import until

Connect = Callable[[AsyncApp], Awaitable[AsyncSocketModeHandler]]
CHANNEL = "C0INCIDENT"
PROMPTS = [{"title": "Why?", "message": "Why is etl failing?"}]


@pytest.fixture
async def thread(maya: Person) -> dict[str, Any]:
    ts = await maya.say("#incidents", "@opsbot why is etl failing?")
    return {"channel_id": CHANNEL, "thread_ts": ts}


async def test_a_stop_ends_the_streams_of_the_thread_and_reaches_the_app(
    app: AsyncApp, connect: Connect, client: AsyncWebClient, maya: Person, thread: dict[str, Any]
) -> None:
    events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    @app.event("agent_session_stopped")
    async def stopped(event: dict[str, Any]) -> None:
        await events.put(event)

    await connect(app)
    root = thread["thread_ts"]
    with pytest.raises(Refused, match="Nothing is being worked on"):
        await maya.stop("#incidents", root)
    answer = await client.agents_sessions_setStatus(**thread, status="processing", title="ETL")
    assert (answer["status"], answer["title"]) == ("processing", "ETL")
    assert "warning" not in answer
    stream = await client.chat_startStream(
        channel=CHANNEL,
        thread_ts=root,
        markdown_text="Looking",
        recipient_user_id="U0MAYA0001",
        recipient_team_id="T0OPSBOTCO",
    )
    await maya.stop("#incidents", root)
    event = await asyncio.wait_for(events.get(), 5)
    assert (event["user"], event["channel"], event["thread_ts"]) == ("U0MAYA0001", CHANNEL, root)
    assert event["streaming_message_ts"] == [stream["ts"]]
    with pytest.raises(SlackApiError, match="stopped_by_user"):
        await client.chat_appendStream(channel=CHANNEL, ts=stream["ts"], markdown_text=" on")
    [session] = await maya.sessions(CHANNEL)
    assert session["status"] == "processing", "the app sets it itself"
    await client.agents_sessions_setStatus(**thread, status="active")
    [session] = await maya.sessions(CHANNEL)
    assert (session["status"], session["title"]) == ("active", "ETL")


async def test_without_its_event_a_session_cant_be_stopped_and_slack_warns(
    workspace: Workspace,
) -> None:
    data = workspace.model_dump()
    data["app"]["events"] = []
    async with LocalSlack(Workspace.model_validate(data)) as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
        root = await client.chat_postMessage(channel=CHANNEL, text="card")
        answer = await client.agents_sessions_setStatus(
            channel_id=CHANNEL, thread_ts=root["ts"], status="processing"
        )
        assert answer["warning"] == "missing_agent_session_stopped_event_subscription"
        async with Person(slack.page_url, "maya") as maya:
            with pytest.raises(Refused, match="doesn't listen"):
                await maya.stop("#incidents", root["ts"])


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"status": "done"}, "invalid_arguments"),
        ({"title": "x" * 201}, "invalid_arguments"),
        ({"thread_ts": "1700000000.000001"}, "invalid_thread_ts"),
        ({"channel_id": "C0NOWHERE0"}, "channel_not_found"),
    ],
)
async def test_a_wrong_status_is_refused(
    client: AsyncWebClient, thread: dict[str, Any], change: dict[str, str], error: str
) -> None:
    body = {**thread, "status": "processing", **change}
    with pytest.raises(SlackApiError) as refused:
        await client.api_call("agents.sessions.setStatus", json=body)
    assert refused.value.response["error"] == error


async def test_a_status_line_goes_when_the_app_writes_and_lapses_by_itself(
    slack: LocalSlack, client: AsyncWebClient, maya: Person, thread: dict[str, Any]
) -> None:
    await client.assistant_threads_setStatus(
        **thread, status="is thinking…", loading_messages=["Reading logs", "Asking replica-2"]
    )
    [shown] = await maya.sessions(CHANNEL)
    assert (shown["line"], shown["loading_messages"][1]) == ("is thinking…", "Asking replica-2")
    await client.chat_postMessage(channel=CHANNEL, thread_ts=thread["thread_ts"], text="Because")
    assert await maya.sessions(CHANNEL) == []

    slack.sessions.status_seconds = 0.1
    await client.assistant_threads_setStatus(**thread, status="is thinking…")

    async def gone() -> bool:
        return await maya.sessions(CHANNEL) == []

    await until(gone, 5)
    with pytest.raises(SlackApiError, match="no more than 10"):
        await client.assistant_threads_setStatus(
            **thread, status="is thinking…", loading_messages=["x"] * 11
        )


async def test_prompts_stand_in_the_direct_message_unless_a_thread_is_named(
    client: AsyncWebClient, maya: Person
) -> None:
    place = await maya.open_messages()
    asked = await maya.say("@opsbot", "hello")
    await client.assistant_threads_setSuggestedPrompts(
        channel_id=place, thread_ts=asked, prompts=PROMPTS
    )
    assert (await maya.state())["prompts"][place] is None
    await client.assistant_threads_setSuggestedPrompts(
        channel_id=place, prompts=PROMPTS, title="Try"
    )
    assert (await maya.state())["prompts"][place] == {"title": "Try", "prompts": PROMPTS}
    with pytest.raises(SlackApiError, match="1 to 4"):
        await client.assistant_threads_setSuggestedPrompts(channel_id=place, prompts=PROMPTS * 5)


async def test_what_a_person_looks_at_reaches_the_app(
    app: AsyncApp, connect: Connect, maya: Person
) -> None:
    events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    @app.event("app_context_changed")
    async def changed(event: dict[str, Any]) -> None:
        await events.put(event)

    await connect(app)
    await maya.look_at("#incidents")
    event = await asyncio.wait_for(events.get(), 5)
    assert event["user"] == "U0MAYA0001"
    assert event["channel"] == await maya.open_messages()
    [entity] = event["context"]["entities"]
    assert (entity["type"], entity["value"]) == ("slack#/types/channel_id", CHANNEL)
