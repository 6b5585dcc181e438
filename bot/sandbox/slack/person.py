"""A person at the local Slack, for tests and the demo: says, clicks, submits, waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

import aiohttp
from pydantic import BaseModel, ConfigDict, Field

from bot.sandbox.slack.actions import elements_of
from bot.sandbox.slack.messages import Json

Found = TypeVar("Found")


class Refused(Exception):
    """The local Slack could not do what the person tried; the text says why, in plain words."""

    def __init__(self, status: int, code: str, words: str) -> None:
        super().__init__(f"{code}: {words}")
        self.status = status
        self.code = code
        self.words = words


class Button(BaseModel):
    """A button in a message, ready to be clicked."""

    text: str
    block_id: str
    action_id: str
    value: str | None = None
    style: str | None = None
    confirm: Json | None = None


class SeenMessage(BaseModel):
    """A message as this person sees it; fields beyond these are kept as Slack sends them."""

    model_config = ConfigDict(extra="allow")

    channel: str
    ts: str
    user: str
    text: str = ""
    bot_id: str | None = None
    thread_ts: str | None = None
    blocks: list[Json] = Field(default_factory=list)
    metadata: Json | None = None
    edited: Json | None = None
    reply_count: int = 0
    ephemeral: bool = False

    @property
    def buttons(self) -> list[Button]:
        """The buttons in order of appearance."""
        return [
            Button(
                text=element["text"]["text"],
                block_id=block["block_id"],
                action_id=element["action_id"],
                value=element.get("value"),
                style=element.get("style"),
                confirm=element.get("confirm"),
            )
            for block in self.blocks
            for element in elements_of(block)
            if element["type"] == "button"
        ]

    def button(self, label: str) -> Button:
        """The button with this label or action id. Raises `LookupError` naming those there are."""
        for button in self.buttons:
            if label in (button.text, button.action_id):
                return button
        there = [button.text for button in self.buttons]
        raise LookupError(f"message {self.ts!r} has no button {label!r}, only {there!r}")


class Ack(BaseModel):
    """The app acknowledged; `ack_ms` is the time it took, in milliseconds."""

    ack_ms: float | None = None
    errors: dict[str, str] = Field(default_factory=dict)
    """What a submitted modal has to correct, by block id."""


class Person:
    """One person with the page open. Use as an async context manager, or `close` it.

    `user` is an id or name; each method raises `Refused` where the page would show an error.
    """

    def __init__(self, page_url: str, user: str) -> None:
        self.page_url = page_url if page_url.endswith("/") else page_url + "/"
        self.user = user
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def say(self, channel: str, text: str, *, thread_ts: str | None = None) -> str:
        """Write as this person, `@names` as typed; the message's `ts`, empty for a command."""
        answer = await self._post("say", channel=channel, text=text, thread_ts=thread_ts)
        return str(answer.get("ts", ""))

    async def click(
        self, message: SeenMessage, button: str | Button, *, stale: bool = False
    ) -> Ack:
        """Press a button by its label, its action id or itself; returns once acknowledged.

        `stale` also presses one that an edit has meanwhile removed, as a slow browser may.
        """
        found = message.button(button) if isinstance(button, str) else button
        return await self.use(message, found.action_id, block_id=found.block_id, stale=stale)

    async def use(
        self,
        message: SeenMessage,
        action_id: str,
        value: Any = None,
        *,
        block_id: str = "",
        stale: bool = False,
    ) -> Ack:
        """Use any element: `value` is the option picked in a menu."""
        answer = await self._post(
            "click",
            channel=message.channel,
            ts=message.ts,
            block_id=block_id,
            action_id=action_id,
            value=value,
            stale=stale,
        )
        return Ack.model_validate(answer)

    async def use_in_view(
        self, view_id: str, action_id: str, value: Any = None, *, block_id: str = ""
    ) -> Ack:
        """Use an element of an open modal or of the Home tab."""
        answer = await self._post(
            "click", view_id=view_id, block_id=block_id, action_id=action_id, value=value
        )
        return Ack.model_validate(answer)

    async def submit(self, view_id: str, values: dict[str, dict[str, Any]]) -> Ack:
        """Send a modal off with its values by block id and action id."""
        return Ack.model_validate(await self._post("submit", view_id=view_id, values=values))

    async def dismiss(self, view_id: str) -> None:
        """Close a modal without sending it."""
        await self._post("close", view_id=view_id)

    async def react(self, message: SeenMessage, name: str, *, remove: bool = False) -> None:
        """Give a reaction such as `+1`, or take it back."""
        await self._post("react", channel=message.channel, ts=message.ts, name=name, remove=remove)

    async def open_home(self, tab: str = "home") -> str:
        """Look at the app's `home` or `messages` tab; the direct message's channel id."""
        return str((await self._post("open_home", tab=tab))["channel"])

    async def state(self) -> Json:
        """Everything this person sees."""
        async with self._http().get(self.page_url + "state", params={"user": self.user}) as answer:
            return await _read(answer)

    async def messages(
        self, channel: str | None = None, *, thread_ts: str | None = None
    ) -> list[SeenMessage]:
        """What this person sees, oldest first: of one channel, or of one thread with its root."""
        found = _seen(await self.state(), channel)
        if thread_ts is None:
            return found
        return [message for message in found if thread_ts in (message.ts, message.thread_ts)]

    async def wait_for(
        self,
        predicate: Callable[[SeenMessage], bool],
        timeout: float = 10.0,
        *,
        channel: str | None = None,
    ) -> SeenMessage:
        """The latest message this holds for, at once or within `timeout` seconds.

        Raises `TimeoutError` that tells what was there instead.
        """

        def pick(state: Json) -> SeenMessage | None:
            matching = [message for message in _seen(state, channel) if predicate(message)]
            return matching[-1] if matching else None

        return await self._wait(pick, timeout, "message")

    async def wait_for_view(self, timeout: float = 10.0) -> Json:
        """The topmost modal, at once or within `timeout` seconds."""
        return await self._wait(
            lambda state: state["views"][-1] if state["views"] else None, timeout, "modal"
        )

    async def _wait(self, pick: Callable[[Json], Found | None], timeout: float, what: str) -> Found:
        last: Json = {}
        try:
            async with (
                asyncio.timeout(timeout),
                self._http().ws_connect(self.page_url + "live", params={"user": self.user}) as live,
            ):
                # The socket is open before the first look, so no change falls in between.
                while True:
                    last = await self.state()
                    if (found := pick(last)) is not None:
                        return found
                    if (await live.receive()).type is not aiohttp.WSMsgType.TEXT:
                        raise ConnectionError("the local Slack closed the connection")
        except TimeoutError:
            texts = [message.text for message in _seen(last, None)][-5:] if last else []
            raise TimeoutError(
                f"no such {what} for {self.user!r} within {timeout:g} s; last seen: {texts!r}"
            ) from None

    async def _post(self, what: str, **body: Any) -> Json:
        async with self._http().post(
            self.page_url + what, json={"user": self.user, **body}
        ) as answer:
            return await _read(answer)

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))
        return self._session


async def _read(answer: aiohttp.ClientResponse) -> Json:
    if answer.content_type != "application/json":
        raise Refused(answer.status, "refused", await answer.text())
    body: Json = await answer.json()
    if answer.status != 200:
        raise Refused(answer.status, str(body.get("error")), str(body.get("words")))
    return {key: value for key, value in body.items() if key != "ok"}


def _seen(state: Json, channel: str | None) -> list[SeenMessage]:
    names = {place["id"]: place["name"] for place in state["channels"]}
    wanted = channel.removeprefix("#") if channel else None
    return sorted(
        (
            SeenMessage.model_validate(message)
            for key, messages in state["messages"].items()
            if wanted is None or wanted in (key, names[key])
            for message in messages
        ),
        key=lambda message: message.ts,
    )
