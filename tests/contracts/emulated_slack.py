"""npm's emulate: a Web API that nobody here wrote, and that gives a token no scope for free.

It has neither Socket Mode nor user groups and sends an app nothing by itself, so what people do is
sent by a wire of ours, with triggers of its making. Slack takes a reading method by GET and by POST
and slack_sdk sends GET; it takes POST alone, so a front of ours turns the one into the other.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.contracts.front import forwarding
from tests.contracts.npm import find, free_port, listening
from tests.fakes.http_server import FakeServer
from tests.fakes.poll import until

Message = dict[str, Any]
SIGNING_SECRET = "the emulated signing secret"
BOT_TOKEN, MAYAS_TOKEN = "xoxb-emulated", "xoxp-maya"
APP, BOT = "A0OPSBOTAP", "U0OPSBOT01"


class EmulatedSlack:
    """It, as Maya sees it: she is there by a token of her own, with every scope."""

    def __init__(self, url: str, page_url: str) -> None:
        self.url = url
        self._page_url = page_url
        self.maya = ""
        self.channel = ""
        self._maya = AsyncWebClient(MAYAS_TOKEN, base_url=f"{url}/api/")
        self._bot = AsyncWebClient(BOT_TOKEN, base_url=f"{url}/api/")

    async def look(self) -> None:
        """It makes up ids itself."""
        self.maya = (await self._maya.auth_test())["user_id"]
        channels = (await self._maya.conversations_list())["channels"]
        self.channel = next(c["id"] for c in channels if c["name"] == "incidents")

    @property
    def environ(self) -> dict[str, str]:
        """What opsbot is told of it: the same variables as for Slack itself."""
        return {
            "SLACK_API_URL": f"{self.url}/api/",
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "OPSBOT_SLACK_MODE": "http",
            "SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "OPSBOT_APPROVERS": self.maya,
        }

    async def say(self, text: str) -> str:
        """The message's `ts`; the app hears nothing of it."""
        return str((await self._maya.chat_postMessage(channel=self.channel, text=text))["ts"])

    async def trigger(self) -> str:
        """What lets the app open one modal for Maya within 3 seconds."""
        answer = await self._bot.api_call("views.generateTriggerId", json={"user_id": self.maya})
        return str(answer["trigger_id"])

    async def spent(self, trigger: str) -> bool:
        """Whether the app has opened a modal with it."""
        view = {"type": "modal", "title": {"type": "plain_text", "text": "t"}, "blocks": []}
        try:
            await self._bot.views_open(trigger_id=trigger, view=view)
        except SlackApiError as error:
            return bool(error.response["error"] == "exchanged_trigger_id")
        return False

    async def shows_view(self, words: str) -> bool:
        """Whether its page for the views that apps have opened has these words."""
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"{self._page_url}/", params={"tab": "views"}) as answer,
        ):
            return words in await answer.text()

    async def messages(self) -> list[Message]:
        """Every message, a thread's replies behind its root."""
        answer = await self._maya.conversations_history(channel=self.channel)
        roots: list[Message] = answer["messages"]
        found: list[Message] = []
        for root in reversed(roots):
            thread = await self._maya.conversations_replies(channel=self.channel, ts=root["ts"])
            found += thread["messages"]
        return found

    async def seen(self, which: Callable[[Message], bool], seconds: float = 30) -> Message:
        """The first such message, once it is there. Raises TimeoutError."""
        found: list[Message] = []

        async def there() -> bool:
            found[:] = [m for m in await self.messages() if which(m)]
            return bool(found)

        await until(there, seconds)
        return found[0]


@asynccontextmanager
async def emulated_slack(folder: Path, scopes: Sequence[str]) -> AsyncIterator[EmulatedSlack]:
    """It, with an app that has these scopes and none besides."""
    port = free_port()
    app = {"app_id": APP, "name": "opsbot", "bot_name": "opsbot", "bot_user_id": BOT}
    seed = {
        "team": {"name": "Emulated", "domain": "emulated"},
        "strict_scopes": True,
        "users": [{"name": "maya", "real_name": "Maya Lindqvist", "email": "maya@example.com"}],
        "oauth_apps": [{**app, "client_id": "1.2", "client_secret": "x", "redirect_uris": []}],
        "channels": [{"name": "incidents"}],
        "tokens": [
            {"token": BOT_TOKEN, "user": BOT, "app_id": APP, "scopes": list(scopes)},
            {"token": MAYAS_TOKEN, "user": "maya"},
        ],
    }
    file = folder / "seed.json"
    await asyncio.to_thread(file.write_text, json.dumps({"slack": seed}), encoding="utf-8")
    options = ("start", "--service", "slack", "--port", str(port), "--seed", str(file))
    async with (
        listening(port, find(".bin/node"), find("emulate/dist/index.js"), *options),
        aiohttp.ClientSession() as session,
        FakeServer(forwarding(session, port, gets_are_posts=True)) as front,
    ):
        slack = EmulatedSlack(front.url, f"http://127.0.0.1:{port}")
        await slack.look()
        yield slack
