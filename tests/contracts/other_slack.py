"""npm's local-slack: a whole Slack, both ways in, that nobody here wrote; and a person in it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import aiohttp

from tests.contracts.npm import find, free_port, listening
from tests.fakes.poll import until

Mode = Literal["socket", "http"]
Message = dict[str, Any]
MAYA, OLGA = "U0MAYA0001", "U0OLGA0001"
BOT, CHANNEL = "U0OPSBOT01", "C0INCIDENT"
BOT_TOKEN, APP_TOKEN, SIGNING_SECRET = "xoxb-other", "xapp-other", "the other signing secret"


class OtherSlack:
    """What Maya sees and does there, through its control interface and its page's socket."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self.url = url
        self._http = http
        self._page: aiohttp.ClientWebSocketResponse | None = None

    def environ(self, mode: Mode) -> dict[str, str]:
        """What opsbot is told of it: the same variables as for Slack itself."""
        way_in = (
            {"SLACK_APP_TOKEN": APP_TOKEN}
            if mode == "socket"
            else {"OPSBOT_SLACK_MODE": "http", "SLACK_SIGNING_SECRET": SIGNING_SECRET}
        )
        return {
            "SLACK_API_URL": f"{self.url}/api/",
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "OPSBOT_APPROVERS": MAYA,
            **way_in,
        }

    async def say(self, text: str, thread_ts: str | None = None, place: str = CHANNEL) -> str:
        """Maya writes; `@opsbot` is a mention. The message's `ts`."""
        body = {"channel": place, "user": MAYA, "text": text.replace("@opsbot", f"<@{BOT}>")}
        if thread_ts:
            body["thread_ts"] = thread_ts
        return str((await self._control("message", **body))["message"]["ts"])

    async def click(self, message: Message, label: str, user: str = MAYA) -> None:
        """Returns when the app has acknowledged."""
        button = self.button(message, label)
        await self._control(
            "interact",
            channel=message["channel"],
            messageTs=message["ts"],
            user=user,
            action=button,
        )

    async def command(self, name: str, text: str) -> None:
        await self._control("command", channel=CHANNEL, user=MAYA, command=name, text=text)

    async def open_home(self) -> None:
        await self._control("open-home", user=MAYA)

    async def submit(self, values: dict[str, dict[str, Any]]) -> None:
        """Send off the modal that is open: block → action → value."""
        page = await self._socket()
        await page.send_json({"t": "view_submit", "user": MAYA, "values": values})

    async def modals(self) -> list[Message]:
        found: list[Message] = (await self._snapshot())["modalStack"]
        return found

    async def homes(self) -> dict[str, Any]:
        """User → what their Home shows."""
        found: dict[str, Any] = (await self._snapshot())["homeViews"]
        return found

    async def messages(self, place: str = CHANNEL) -> list[Message]:
        async with self._http.get(f"{self.url}/_control/messages/{place}") as answer:
            found: list[Message] = (await answer.json())["messages"]
            return found

    async def seen(
        self, which: Callable[[Message], bool], place: str = CHANNEL, seconds: float = 30
    ) -> Message:
        """The first such message, once it is there. Raises TimeoutError."""
        found: list[Message] = []

        async def there() -> bool:
            found[:] = [m for m in await self.messages(place) if which(m)]
            return bool(found)

        await until(there, seconds)
        return found[0]

    @staticmethod
    def button(message: Message, label: str) -> Message:
        """The button with this label, as Slack sends one that was clicked."""
        for block in message.get("blocks") or []:
            for element in block.get("elements") or []:
                if element.get("type") == "button" and element["text"]["text"] == label:
                    return {**element, "block_id": block.get("block_id", "")}
        raise LookupError(f"no button {label!r} in {message!r}")

    async def _control(self, what: str, **body: Any) -> dict[str, Any]:
        async with self._http.post(f"{self.url}/_control/{what}", json=body) as answer:
            said: dict[str, Any] = await answer.json()
            assert said["ok"], said
            return said

    async def _socket(self) -> aiohttp.ClientWebSocketResponse:
        if self._page is None:
            self._page = await self._http.ws_connect(f"{self.url}/ui", max_msg_size=0)
        return self._page

    async def _snapshot(self) -> dict[str, Any]:
        """Everything its page is given when it is opened."""
        async with self._http.ws_connect(f"{self.url}/ui", max_msg_size=0) as page:
            first = await asyncio.wait_for(page.receive_json(), 10)
        state: dict[str, Any] = first["state"]
        return state


@asynccontextmanager
async def other_slack(folder: Path, mode: Mode, events_url: str) -> AsyncIterator[OtherSlack]:
    """It, with two people and a channel; in mode `http` it posts to `events_url`."""
    port = free_port()
    app = {
        "appId": "A0OPSBOTAP",
        "botUserId": BOT,
        "botName": "opsbot",
        "botToken": BOT_TOKEN,
        "appToken": APP_TOKEN,
        "signingSecret": SIGNING_SECRET,
        "mode": "socket" if mode == "socket" else "events",
        "requestUrl": events_url,
    }
    config = folder / "config.yaml"
    users = [(MAYA, "maya", "Maya Lindqvist"), (OLGA, "olga", "Olga Petrova")]
    workspace = {
        "workspace": {"name": "Other", "domain": "other", "teamId": "T0OPSBOTCO"},
        "app": app,
        "users": [{"id": i, "name": name, "real_name": real} for i, name, real in users],
        "channels": [{"id": CHANNEL, "name": "incidents", "members": [MAYA, OLGA, BOT]}],
    }
    # JSON is YAML, too.
    config.write_text(json.dumps(workspace), encoding="utf-8")
    options = ("--config", str(config), "--port", str(port), "--base-host", "127.0.0.1")
    program = find("local-slack-linux-x64/bin/local-slack")
    files = ("--files-dir", str(folder / "files"))
    async with listening(port, program, *options, *files), aiohttp.ClientSession() as http:
        yield OtherSlack(f"http://127.0.0.1:{port}", http)
