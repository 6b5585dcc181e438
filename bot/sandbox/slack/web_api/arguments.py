"""One call's arguments, read from a form or JSON body as Slack reads them."""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import web

from bot.sandbox.slack.directory import Conversation
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.messages import Json, Message
from bot.sandbox.slack.state import SlackState
from bot.sandbox.slack.traffic import TIER_3


@dataclass(frozen=True)
class Call:
    """A call with its arguments; what is missing or misshapen raises `SlackError`."""

    state: SlackState
    body: Json

    def text(self, name: str, default: str = "") -> str:
        """A string argument, or the default."""
        value = self.body.get(name)
        return default if value is None else str(value)

    def required(self, name: str) -> str:
        """A string argument that has to be there."""
        value = self.text(name)
        if not value:
            raise self.wrong(f"missing required field: {name}")
        return value

    def wrong(self, words: str) -> SlackError:
        """The refusal `invalid_arguments`, with these words for whoever reads the answer."""
        messages = [f"[ERROR] {words}"]
        return SlackError("invalid_arguments", response_metadata={"messages": messages})

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean argument; forms send `true`, `false`, `1` or `0`."""
        value = self.body.get(name)
        return default if value is None else str(value).lower() in ("true", "1")

    def number(self, name: str, default: int, most: int) -> int:
        """A whole number between 1 and `most`."""
        value = self.text(name)
        if not value:
            return default
        try:
            return min(max(int(value), 1), most)
        except ValueError:
            raise SlackError("invalid_limit") from None

    def parsed(self, name: str, error: str) -> Any:
        """A structured argument, given as JSON or, in a form, as JSON in a string."""
        value = self.body.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise SlackError(error) from None

    def conversation(self, name: str = "channel", *, by_name: bool = False) -> Conversation:
        """The conversation an argument names. Raises `channel_not_found`."""
        key, directory = self.required(name), self.state.directory
        place = directory.find(key) if by_name else directory.conversations.get(key)
        if place is None or not directory.bot_sees(place):
            raise SlackError("channel_not_found")
        return place

    def message(
        self, place: Conversation, name: str = "ts", error: str = "message_not_found"
    ) -> Message:
        """The message of a conversation that an argument names."""
        message = self.state.history.get(place.id, self.required(name))
        if message is None or message.only_for is not None or message.tombstone:
            raise SlackError(error)
        return message


Handler = Callable[[Call], Awaitable[Json]]


@dataclass(frozen=True)
class Method:
    """A method's handler, the scope it needs (any of them), its rate and whose token it takes."""

    handler: Handler
    scopes: tuple[str, ...] = ()
    caller: Literal["bot", "app"] = "bot"
    per_minute: int = TIER_3


async def read_body(request: web.Request) -> Json:
    """The arguments from query and body. Raises `SlackError` `invalid_json`."""
    arguments: Json = dict(request.query)
    if request.content_type == "application/json":
        raw = await request.text()
        try:
            body = json.loads(raw) if raw.strip() else {}
        except ValueError:
            raise SlackError("invalid_json") from None
        if not isinstance(body, dict):
            raise SlackError("json_not_object")
        return arguments | body
    form = await request.post()
    return arguments | {key: value for key, value in form.items() if isinstance(value, str)}


def page_of(call: Call, items: list[Any], *, default: int = 100) -> tuple[list[Any], str]:
    """One page of items and the cursor of the next, empty at the end."""
    limit = call.number("limit", default, 1000)
    start = 0
    if cursor := call.text("cursor"):
        try:
            start = int(urlsafe_b64decode(cursor.encode()).decode().removeprefix("offset:"))
        except (ValueError, binascii.Error):
            raise SlackError("invalid_cursor") from None
    end = start + limit
    following = urlsafe_b64encode(f"offset:{end}".encode()).decode() if end < len(items) else ""
    return items[start:end], following
