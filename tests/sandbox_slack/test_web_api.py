"""The Web API answers as Slack's does, its errors included."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import LocalSlack, Person, Workspace

POST = "chat.postMessage"
EVENT = {"event_type": "opsbot_slot", "event_payload": {"slot": "card", "incident": "INC-412"}}


async def test_auth_test_names_the_bot(client: AsyncWebClient) -> None:
    answer = await client.auth_test()
    assert (answer["user_id"], answer["bot_id"]) == ("U0OPSBOT01", "B0OPSBOTBO")
    assert "chat:write" in answer.headers["x-oauth-scopes"]


@pytest.mark.parametrize(
    ("token", "error"),
    [("", "not_authed"), ("xoxb-wrong", "invalid_auth"), ("app", "not_allowed_token_type")],
)
async def test_a_wrong_token_is_refused(slack: LocalSlack, token: str, error: str) -> None:
    given = slack.app_token if token == "app" else token
    headers = {"Authorization": f"Bearer {given}"} if given else {}
    async with (
        aiohttp.ClientSession() as session,
        session.post(slack.api_url + "auth.test", headers=headers) as answer,
    ):
        assert await answer.json() == {"ok": False, "error": error}


async def test_a_form_with_its_token_and_json_in_a_field_is_understood(slack: LocalSlack) -> None:
    form = {
        "token": slack.bot_token,
        "channel": "C0INCIDENT",
        "text": "by form",
        "blocks": '[{"type":"divider"}]',
    }
    async with (
        aiohttp.ClientSession() as session,
        session.post(slack.api_url + POST, data=form) as answer,
    ):
        body = await answer.json()
    assert body["ok"]
    assert body["message"]["blocks"][0]["type"] == "divider"
    assert slack.calls[-1].body.get("token") is None


@pytest.mark.parametrize(
    ("method", "body", "error"),
    [
        ("no.suchMethod", {}, "unknown_method"),
        (POST, {"channel": "C0NOWHERE0", "text": "x"}, "channel_not_found"),
        (POST, {"channel": "C0INCIDENT"}, "no_text"),
        (POST, {"text": "x"}, "invalid_arguments"),
        (POST, {"channel": "C0INCIDENT", "text": "x" * 40_001}, "msg_too_long"),
        (POST, {"channel": "C0INCIDENT", "text": "x", "blocks": "[{"}, "invalid_blocks_format"),
        (
            POST,
            {"channel": "C0INCIDENT", "text": "x", "thread_ts": "1700000000.000001"},
            "thread_not_found",
        ),
        (POST, {"channel": "C0INCIDENT", "text": "x", "thread_ts": "soon"}, "invalid_thread_ts"),
        (
            POST,
            {"channel": "C0INCIDENT", "text": "x", "metadata": {"event_type": "e"}},
            "invalid_metadata_format",
        ),
        (
            "chat.postEphemeral",
            {"channel": "C0DATATEAM", "text": "x", "user": "U0OLGA0001"},
            "user_not_in_channel",
        ),
        (
            "chat.update",
            {"channel": "C0INCIDENT", "ts": "1700000000.000001", "text": "x"},
            "message_not_found",
        ),
        (
            "conversations.replies",
            {"channel": "C0INCIDENT", "ts": "1700000000.000001"},
            "thread_not_found",
        ),
        ("conversations.history", {"channel": "C0INCIDENT", "cursor": "?"}, "invalid_cursor"),
        ("users.info", {"user": "U0NOBODY00"}, "user_not_found"),
        ("users.lookupByEmail", {"email": "no@where.test"}, "users_not_found"),
        ("usergroups.users.list", {"usergroup": "S0NOBODY00"}, "no_such_subteam"),
        ("conversations.open", {"users": "U0OPSBOT01"}, "cannot_dm_bot"),
        (
            "views.open",
            {
                "trigger_id": "1.2.3",
                "view": {
                    "type": "modal",
                    "title": {"type": "plain_text", "text": "T"},
                    "blocks": [],
                },
            },
            "invalid_trigger_id",
        ),
    ],
)
async def test_each_mistake_gets_slacks_own_error(
    client: AsyncWebClient, method: str, body: dict[str, Any], error: str
) -> None:
    with pytest.raises(SlackApiError) as refused:
        await client.api_call(method, json=body)
    assert refused.value.response["error"] == error


async def test_the_bot_changes_only_its_own_messages(client: AsyncWebClient, maya: Person) -> None:
    ts = await maya.say("#incidents", "mine")
    with pytest.raises(SlackApiError, match="cant_update_message"):
        await client.chat_update(channel="C0INCIDENT", ts=ts, text="yours")
    with pytest.raises(SlackApiError, match="cant_delete_message"):
        await client.chat_delete(channel="C0INCIDENT", ts=ts)


async def test_where_the_bot_is_no_member_it_can_not_write_until_it_joins(
    workspace: Workspace,
) -> None:
    data = workspace.model_dump()
    data["channels"][1]["members"] = ["U0MAYA0001"]
    async with LocalSlack(Workspace.model_validate(data)) as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
        with pytest.raises(SlackApiError, match="not_in_channel"):
            await client.chat_postMessage(channel="#data", text="x")
        await client.conversations_join(channel="C0DATATEAM")
        assert (await client.chat_postMessage(channel="#data", text="x"))["ok"]


async def test_a_scope_that_was_not_granted_is_missed(workspace: Workspace) -> None:
    data = workspace.model_dump()
    data["app"]["scopes"] = ["chat:write"]
    async with LocalSlack(Workspace.model_validate(data)) as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
        with pytest.raises(SlackApiError) as refused:
            await client.users_list()
    assert refused.value.response["error"] == "missing_scope"
    assert refused.value.response["needed"] == "users:read"


async def test_history_comes_newest_first_page_by_page(client: AsyncWebClient) -> None:
    for number in range(5):
        await client.chat_postMessage(channel="C0INCIDENT", text=str(number))
    texts: list[str] = []
    cursor: str | None = None
    while cursor != "":
        page = await client.conversations_history(channel="C0INCIDENT", limit=2, cursor=cursor)
        texts += [message["text"] for message in page["messages"]]
        cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
    assert texts == ["4", "3", "2", "1", "0"]


async def test_a_thread_shows_its_metadata_only_where_asked_for(client: AsyncWebClient) -> None:
    root = await client.chat_postMessage(channel="C0INCIDENT", text="card", metadata=EVENT)
    await client.chat_postMessage(channel="C0INCIDENT", thread_ts=root["ts"], text="reply")
    bare = await client.conversations_replies(channel="C0INCIDENT", ts=root["ts"])
    full = await client.conversations_replies(
        channel="C0INCIDENT", ts=root["ts"], include_all_metadata=True
    )
    assert [message["text"] for message in bare["messages"]] == ["card", "reply"]
    assert bare["messages"][0]["reply_count"] == 1
    assert "metadata" not in bare["messages"][0]
    assert full["messages"][0]["metadata"] == EVENT
    top = await client.conversations_history(channel="C0INCIDENT")
    assert [message["text"] for message in top["messages"]] == ["card"]


async def test_new_text_without_blocks_removes_them_and_blocks_alone_keep_the_text(
    client: AsyncWebClient,
) -> None:
    blocks = [{"type": "divider"}]
    posted = await client.chat_postMessage(channel="C0INCIDENT", text="one", blocks=blocks)
    place = {"channel": "C0INCIDENT", "ts": posted["ts"]}
    header = [{"type": "header", "text": {"type": "plain_text", "text": "h"}}]
    with_blocks = await client.chat_update(**place, blocks=header)
    assert with_blocks["text"] == "one"
    assert "edited" not in with_blocks["message"]
    plain = await client.chat_update(**place, text="two")
    assert "blocks" not in plain["message"]
    assert plain["message"]["edited"]["user"] == "U0OPSBOT01"


async def test_timestamps_are_unique_and_rising(client: AsyncWebClient) -> None:
    stamps = [
        (await client.chat_postMessage(channel="C0INCIDENT", text="x"))["ts"] for _ in range(20)
    ]
    assert stamps == sorted(set(stamps))


async def test_people_and_groups_are_found(client: AsyncWebClient) -> None:
    guest = (await client.users_info(user="U0GUEST001"))["user"]
    assert guest["is_ultra_restricted"]
    found = await client.users_lookupByEmail(email="Sam@sample-company.test")
    assert found["user"]["name"] == "sam"
    groups = await client.usergroups_list(include_users=True)
    members = {group["handle"]: group["users"] for group in groups["usergroups"]}
    assert members["data-oncall"] == ["U0MAYA0001", "U0DEV00001"]


async def test_a_persons_clock_is_told_with_its_distance_from_utc(workspace: Workspace) -> None:
    data = workspace.model_dump()
    data["users"][0]["tz"] = "Asia/Kolkata"
    async with LocalSlack(Workspace.model_validate(data)) as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
        people = (await client.users_list())["members"]
    assert (people[0]["tz"], people[0]["tz_offset"]) == ("Asia/Kolkata", 19_800)
    assert (people[1]["tz"], people[1]["tz_offset"]) == ("Etc/UTC", 0)


async def test_a_message_to_a_person_lands_in_their_direct_message(
    client: AsyncWebClient, maya: Person, sam: Person
) -> None:
    opened = await client.conversations_open(users=["U0MAYA0001"])
    posted = await client.chat_postMessage(channel="U0MAYA0001", text="for you")
    assert posted["channel"] == opened["channel"]["id"]
    assert [message.text for message in await maya.messages()] == ["for you"]
    assert await sam.messages() == []


async def test_what_a_person_types_is_stored_as_slack_stores_it(maya: Person) -> None:
    await maya.say("#incidents", "@opsbot @data-oncall see #data & <b> https://example.test/a.")
    [message] = await maya.messages("#incidents")
    assert message.text == (
        "<@U0OPSBOT01> <!subteam^S0DATAONCA|@data-oncall> see <#C0DATATEAM|data> "
        "&amp; &lt;b&gt; <https://example.test/a>."
    )


async def test_a_deleted_root_stays_as_a_tombstone_while_it_has_replies(
    client: AsyncWebClient,
) -> None:
    root = await client.chat_postMessage(channel="C0INCIDENT", text="card")
    await client.chat_postMessage(channel="C0INCIDENT", thread_ts=root["ts"], text="reply")
    await client.chat_delete(channel="C0INCIDENT", ts=root["ts"])
    thread = await client.conversations_replies(channel="C0INCIDENT", ts=root["ts"])
    assert [message.get("subtype") for message in thread["messages"]] == ["tombstone", None]
