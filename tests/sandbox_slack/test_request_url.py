"""Signed HTTP: the local Slack posts to a request URL what it else sends by socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import LocalSlack, Person, Refused


@asynccontextmanager
async def served(app: AsyncApp) -> AsyncIterator[str]:
    async def events(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    site = web.Application()
    site.router.add_post("/slack/events", events)
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    await runner.cleanup()


@pytest.fixture
def app(slack: LocalSlack, client: AsyncWebClient) -> AsyncApp:
    return AsyncApp(client=client, signing_secret=slack.signing_secret)


async def test_a_mention_a_click_and_a_command_arrive_signed(
    slack: LocalSlack, app: AsyncApp, client: AsyncWebClient, maya: Person
) -> None:
    @app.event("app_mention")
    async def mention(event: dict[str, Any], say: Any) -> None:
        button = {
            "type": "button",
            "action_id": "go",
            "text": {"type": "plain_text", "text": "Go"},
        }
        await say(
            text="here",
            thread_ts=event["ts"],
            blocks=[{"type": "actions", "elements": [button]}],
        )

    @app.action("go")
    async def go(ack: Any, respond: Any) -> None:
        await ack()
        await respond("gone", replace_original=False)

    @app.command("/opsbot")
    async def command(ack: Any, command: dict[str, Any]) -> None:
        await ack(f"you said {command['text']}")

    async with served(app) as url:
        slack.deliver_to(url)
        await maya.say("#incidents", "@opsbot hello")
        here = await maya.wait_for(lambda message: message.text == "here")
        await maya.click(here, "Go")
        await maya.wait_for(lambda message: message.text == "gone")
        await maya.slash("/opsbot", "help", channel="#incidents")
        told = await maya.wait_for(lambda message: message.text == "you said help")
        assert told.ephemeral


async def test_an_event_is_sent_again_with_its_number_until_it_is_taken(
    slack: LocalSlack, maya: Person
) -> None:
    tries: asyncio.Queue[tuple[str | None, str | None]] = asyncio.Queue()

    async def events(request: web.Request) -> web.Response:
        headers = request.headers
        await tries.put((headers.get("X-Slack-Retry-Num"), headers.get("X-Slack-Retry-Reason")))
        return web.Response(status=200 if tries.qsize() == 3 else 500)

    site = web.Application()
    site.router.add_post("/slack/events", events)
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    link = slack.deliver_to(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
    link.retry_after = (0, 0.01, 0.01)
    await maya.look_at("#incidents")
    await link.delivered()
    await runner.cleanup()
    seen = [tries.get_nowait() for _ in range(tries.qsize())]
    assert seen == [(None, None), ("1", "http_error"), ("2", "http_error")]


async def test_a_command_finds_nobody_where_nothing_listens(
    slack: LocalSlack, maya: Person
) -> None:
    slack.deliver_to("http://127.0.0.1:9/slack/events")
    with pytest.raises(Refused, match="isn't connected"):
        await maya.slash("/opsbot", "help", channel="#incidents")
