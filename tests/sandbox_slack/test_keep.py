"""With a file to keep, messages outlive the server."""

from __future__ import annotations

from pathlib import Path

from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import LocalSlack, Person


async def _fill(path: Path) -> str:
    async with LocalSlack(keep=path) as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
        root = await client.chat_postMessage(
            channel="C0INCIDENT",
            text="card",
            metadata={"event_type": "slot", "event_payload": {"slot": "card"}},
        )
        place = {"channel": "C0INCIDENT", "ts": root["ts"]}
        await client.chat_postMessage(channel="C0INCIDENT", thread_ts=root["ts"], text="reply")
        gone = await client.chat_postMessage(channel="C0INCIDENT", text="gone")
        await client.chat_delete(channel="C0INCIDENT", ts=gone["ts"])
        await client.chat_update(**place, text="card, edited")
        await client.chat_postMessage(channel="U0MAYA0001", text="for Maya")
        await client.chat_postEphemeral(channel="C0INCIDENT", user="U0MAYA0001", text="psst")
        return str(root["ts"])


async def test_a_restart_brings_threads_metadata_and_direct_messages_back(tmp_path: Path) -> None:
    path = tmp_path / "slack" / "messages.jsonl"
    root = await _fill(path)
    async with LocalSlack(keep=path) as slack, Person(slack.page_url, "maya") as maya:
        assert sorted(message.text for message in await maya.messages()) == [
            "card, edited",
            "for Maya",
            "reply",
        ]
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
        thread = await client.conversations_replies(
            channel="C0INCIDENT", ts=root, include_all_metadata=True
        )
        assert [message["text"] for message in thread["messages"]] == ["card, edited", "reply"]
        assert thread["messages"][0]["metadata"]["event_payload"] == {"slot": "card"}
        later = await client.chat_postMessage(channel="C0INCIDENT", text="later")
        assert later["ts"] > thread["messages"][-1]["ts"]


async def test_a_torn_last_line_is_dropped_and_the_rest_stays(tmp_path: Path) -> None:
    path = tmp_path / "messages.jsonl"
    await _fill(path)
    whole = path.read_text("utf-8")
    path.write_text(whole + '{"channel":"C0INCIDENT","ts":"17', "utf-8")
    async with LocalSlack(keep=path) as slack, Person(slack.page_url, "maya") as maya:
        assert len(await maya.messages()) == 3
        await maya.say("#incidents", "after the crash")
    async with LocalSlack(keep=path) as slack, Person(slack.page_url, "maya") as maya:
        assert "after the crash" in [message.text for message in await maya.messages()]


async def test_the_file_does_not_grow_with_every_restart(tmp_path: Path) -> None:
    path = tmp_path / "messages.jsonl"
    await _fill(path)
    for _ in range(2):
        async with LocalSlack(keep=path):
            assert len(path.read_text("utf-8").splitlines()) == 3


async def test_a_message_that_was_being_written_is_a_plain_one_after_a_restart(
    tmp_path: Path,
) -> None:
    path = tmp_path / "messages.jsonl"
    async with LocalSlack(keep=path) as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
        root = await client.chat_postMessage(channel="C0INCIDENT", text="card")
        stream = await client.chat_startStream(
            channel="C0INCIDENT",
            thread_ts=root["ts"],
            markdown_text="half an ",
            recipient_user_id="U0MAYA0001",
            recipient_team_id="T0OPSBOTCO",
        )
        place = {"channel": "C0INCIDENT", "ts": str(stream["ts"])}
        await client.chat_appendStream(**place, markdown_text="answer")  # type: ignore[arg-type]
    async with LocalSlack(keep=path) as slack, Person(slack.page_url, "sam") as sam:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
        [_, left] = await sam.messages("#incidents")
        assert (left.text, left.streaming) == ("half an answer", False)
        await client.chat_update(**place, text="an answer")  # type: ignore[arg-type]
