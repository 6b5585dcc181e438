"""A person at the local Slack, for tests and the demo: says, clicks, submits, waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

import aiohttp

from bot.sandbox.slack.messages import Json
from bot.sandbox.slack.seen import Ack, Button, Refused, SeenMessage, button_in

Found = TypeVar("Found")


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

    async def slash(
        self, command: str, text: str = "", *, channel: str, thread_ts: str | None = None
    ) -> Ack:
        """Type a slash command into a channel; Slack refuses it in a thread."""
        typed = f"{command} {text}".strip()
        answer = await self._post("say", channel=channel, text=typed, thread_ts=thread_ts)
        return Ack.model_validate(answer)

    async def shortcut(self, callback_id: str, message: SeenMessage | None = None) -> Ack:
        """Pick a shortcut in the menu of a message, or a global one without."""
        where = {"channel": message.channel, "ts": message.ts} if message else {}
        answer = await self._post("shortcut", callback_id=callback_id, **where)
        return Ack.model_validate(answer)

    async def stop(self, channel: str, thread_ts: str) -> None:
        """Press Slack's own stop button in a thread where the agent works."""
        await self._post("stop", channel=channel, thread_ts=thread_ts)

    async def look_at(self, channel: str) -> None:
        """Look at a conversation beside the app, which hears of it."""
        await self._post("look_at", channel=channel)

    async def open_messages(self) -> str:
        """Open the direct message with the app; its channel id."""
        return str((await self._post("open_home", tab="messages"))["channel"])

    async def open_home(self, timeout: float = 10.0) -> Json:
        """Open the app's Home tab: the view that the app publishes in answer to it.

        Raises `TimeoutError` where it publishes none; `home` is what stands there anyway.
        """
        before = await self.home()
        await self._post("open_home", tab="home")
        return await self.wait_for_home(lambda view: view != before, timeout)

    async def home(self) -> Json | None:
        """The view that stands in the Home tab."""
        view: Json | None = (await self.state())["home"]
        return view

    async def wait_for_home(self, predicate: Callable[[Json], bool], timeout: float = 10.0) -> Json:
        """The Home tab's view once this holds for it, at once or within `timeout` seconds."""

        def pick(state: Json) -> Json | None:
            view: Json | None = state["home"]
            return view if view is not None and predicate(view) else None

        return await self._wait(pick, timeout, "Home view")

    async def click_in_view(self, view: Json, button: str) -> Ack:
        """Press a button of a modal or of the Home tab, by its label or action id."""
        found = button_in(view["blocks"], button, f"view {view['id']!r}")
        return await self.use_in_view(view["id"], found.action_id, block_id=found.block_id)

    async def sessions(self, channel: str) -> list[Json]:
        """What the agent shows in each thread of a conversation: status, title, line."""
        found: list[Json] = (await self.state())["sessions"][channel]
        return found

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
