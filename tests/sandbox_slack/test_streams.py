"""Streams: a message as it is written, by Slack's rules."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.models.messages.chunk import MarkdownTextChunk, TaskUpdateChunk
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import LocalSlack, Person
from tests.fakes.poll import until

CHANNEL = "C0INCIDENT"
FOR_MAYA: dict[str, Any] = {"recipient_user_id": "U0MAYA0001", "recipient_team_id": "T0OPSBOTCO"}


@pytest.fixture
async def root(maya: Person) -> str:
    return await maya.say("#incidents", "@opsbot why is etl failing?")


def text(words: str) -> dict[str, Any]:
    return {"type": "markdown_text", "text": words}


def task(task_id: str = "t1", status: str = "in_progress", **more: Any) -> dict[str, Any]:
    return {"type": "task_update", "id": task_id, "title": "Job log", "status": status, **more}


async def start(client: AsyncWebClient, root: str, **more: Any) -> dict[str, Any]:
    started = await client.chat_startStream(channel=CHANNEL, thread_ts=root, **FOR_MAYA, **more)
    return {"channel": started["channel"], "ts": started["ts"]}


async def test_the_clients_own_streamer_writes_an_answer(
    client: AsyncWebClient, root: str, maya: Person
) -> None:
    streamer = await client.chat_stream(
        channel=CHANNEL, thread_ts=root, **FOR_MAYA, task_display_mode="timeline", buffer_size=1
    )
    await streamer.append(markdown_text="Because ")
    await streamer.append(chunks=[TaskUpdateChunk(id="t1", title="Job log", status="in_progress")])
    growing = await maya.wait_for(lambda message: message.streaming)
    assert [block["type"] for block in growing.blocks] == ["markdown", "task_card"]
    await streamer.append(chunks=[MarkdownTextChunk(text="replica-2 lags.")])
    done = {"type": "section", "text": {"type": "mrkdwn", "text": "_Evidence_"}}
    await streamer.stop(
        chunks=[TaskUpdateChunk(id="t1", title="Job log read", status="complete")],
        blocks=[done],
        metadata={"event_type": "opsbot_slot", "event_payload": {"slot": "answer"}},
    )
    [_, answer] = await maya.messages("#incidents", thread_ts=root)
    assert not answer.streaming
    assert answer.thread_ts == root
    assert answer.text == "Because replica-2 lags."
    assert [block["type"] for block in answer.blocks] == [
        "markdown",
        "task_card",
        "markdown",
        "section",
    ]
    assert answer.blocks[1]["title"] == "Job log read"
    assert answer.blocks[1]["status"] == "complete"
    assert answer.metadata is not None and answer.metadata["event_payload"] == {"slot": "answer"}


async def test_others_see_the_first_chunk_and_then_nothing_until_the_end(
    client: AsyncWebClient, root: str, maya: Person, sam: Person
) -> None:
    place = await start(client, root, chunks=[text("Looking. ")])
    await client.chat_appendStream(**place, chunks=[text("Found it.")])
    assert (await maya.messages(thread_ts=root))[-1].text == "Looking. Found it."
    assert (await sam.messages(thread_ts=root))[-1].text == "Looking. "
    await client.chat_stopStream(**place)
    assert (await sam.messages(thread_ts=root))[-1].text == "Looking. Found it."


async def test_as_a_plan_the_tasks_stand_in_one_block_under_its_latest_title(
    client: AsyncWebClient, root: str, maya: Person
) -> None:
    place = await start(client, root, chunks=[task("t1")], task_display_mode="plan")
    await client.chat_appendStream(**place, chunks=[task("t2", "pending")])
    [block] = (await maya.messages(thread_ts=root))[-1].blocks
    assert block["title"] == "Job log"
    await client.chat_appendStream(
        **place, chunks=[{"type": "plan_update", "title": "Investigating"}, task("t1", "error")]
    )
    [block] = (await maya.messages(thread_ts=root))[-1].blocks
    assert (block["type"], block["title"]) == ("plan", "Investigating")
    assert [(t["task_id"], t["status"]) for t in block["tasks"]] == [
        ("t1", "error"),
        ("t2", "pending"),
    ]


async def test_details_are_added_while_output_is_replaced(
    client: AsyncWebClient, root: str, maya: Person
) -> None:
    place = await start(client, root, chunks=[task(details="lag 2.3 h", output="one")])
    await client.chat_appendStream(**place, chunks=[task(details=", limit 30 min", output="two")])
    [card] = (await maya.messages(thread_ts=root))[-1].blocks
    assert "lag 2.3 h, limit 30 min" in str(card["details"])
    assert "two" in str(card["output"]) and "one" not in str(card["output"])


@pytest.mark.parametrize(
    ("chunk", "error"),
    [
        (task(status="completed"), "invalid_chunks"),
        (task(title="x" * 257), "invalid_chunks"),
        (task(details="x" * 257), "invalid_chunks"),
        ({"type": "task_update", "title": "t", "status": "pending"}, "invalid_chunks"),
        ({"type": "thought", "text": "hm"}, "invalid_chunks"),
        (text("x" * 12_001), "msg_too_long"),
        ({"type": "blocks", "blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"type": "blocks", "blocks": [{"type": "alert"}]}, "invalid_blocks"),
    ],
)
async def test_a_chunk_that_breaks_the_rules_is_refused_and_adds_nothing(
    client: AsyncWebClient, root: str, maya: Person, chunk: dict[str, Any], error: str
) -> None:
    place = await start(client, root, chunks=[text("so far")])
    with pytest.raises(SlackApiError) as refused:
        await client.chat_appendStream(**place, chunks=[chunk])
    assert refused.value.response["error"] == error
    assert (await maya.messages(thread_ts=root))[-1].text == "so far"
    await client.chat_stopStream(**place, chunks=[text(" and on")])


@pytest.mark.parametrize(
    ("missing", "error"),
    [
        ("recipient_user_id", "missing_recipient_user_id"),
        ("recipient_team_id", "missing_recipient_team_id"),
        ("thread_ts", "invalid_arguments"),
    ],
)
async def test_in_a_channel_a_stream_needs_its_reader_and_a_thread(
    client: AsyncWebClient, root: str, missing: str, error: str
) -> None:
    body = {"channel": CHANNEL, "thread_ts": root, **FOR_MAYA}
    del body[missing]
    with pytest.raises(SlackApiError) as refused:
        await client.api_call("chat.startStream", json=body)
    assert refused.value.response["error"] == error


async def test_in_a_direct_message_the_reader_is_known(
    client: AsyncWebClient, maya: Person
) -> None:
    asked = await maya.say("@opsbot", "why?")
    place = await maya.open_messages()
    started = await client.chat_startStream(channel=place, thread_ts=asked, markdown_text="Hm")
    await client.chat_appendStream(channel=place, ts=started["ts"], markdown_text="m.")
    assert (await maya.messages(thread_ts=asked))[-1].text == "Hmm."


async def test_text_and_chunks_do_not_mix_in_one_stream(client: AsyncWebClient, root: str) -> None:
    place = await start(client, root, markdown_text="words")
    with pytest.raises(SlackApiError, match="streaming_mode_mismatch"):
        await client.chat_appendStream(**place, chunks=[task()])
    await client.chat_appendStream(**place, markdown_text=" and more")


async def test_a_stream_dies_of_age_and_an_update_mends_its_message(
    slack: LocalSlack, client: AsyncWebClient, root: str, maya: Person
) -> None:
    slack.streams.lifetime = 0.2
    place = await start(client, root, chunks=[text("half an ")])
    with pytest.raises(SlackApiError, match="streaming_state_conflict"):
        await client.chat_update(**place, text="an answer")

    async def dead() -> bool:
        return not (await maya.messages(thread_ts=root))[-1].streaming

    await until(dead, 5)
    for call in (client.chat_appendStream, client.chat_stopStream):
        with pytest.raises(SlackApiError, match="message_not_in_streaming_state"):
            await call(**place, chunks=[text("answer")])
    await client.chat_update(**place, text="half an answer")
    assert (await maya.messages(thread_ts=root))[-1].text == "half an answer"


async def test_50_blocks_come_at_the_stop_and_no_more(
    client: AsyncWebClient, root: str, maya: Person
) -> None:
    place = await start(client, root, chunks=[{"type": "blocks", "blocks": [DIVIDER] * 50}])
    with pytest.raises(SlackApiError, match="invalid_blocks"):
        await client.chat_stopStream(**place, blocks=[DIVIDER] * 51)
    await client.chat_stopStream(**place, blocks=[DIVIDER] * 50)
    assert len((await maya.messages(thread_ts=root))[-1].blocks) == 100


async def test_starting_is_a_tier_2_and_appending_a_tier_4_method(
    slack: LocalSlack, client: AsyncWebClient, root: str
) -> None:
    slack.enforce_rates(True)
    place = await start(client, root)
    for _ in range(19):
        await start(client, root)
    with pytest.raises(SlackApiError) as refused:
        await start(client, root)
    assert refused.value.response.status_code == 429
    await asyncio.gather(
        *(client.chat_appendStream(**place, chunks=[text("x")]) for _ in range(100))
    )
    with pytest.raises(SlackApiError) as refused:
        await client.chat_appendStream(**place, chunks=[text("x")])
    assert refused.value.response.status_code == 429


async def test_an_older_server_does_not_know_streams(
    slack: LocalSlack, client: AsyncWebClient, root: str
) -> None:
    slack.forget("chat.startStream")
    with pytest.raises(SlackApiError) as refused:
        await start(client, root)
    assert refused.value.response["error"] == "unknown_method"


DIVIDER = {"type": "divider"}
