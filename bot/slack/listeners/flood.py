"""What one person sends in a minute is bounded: a script is told to slow down, others go on."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import ids
from bot.slack.listeners.whisper import whisper

MOST = 120
"""Clicks, commands, windows and questions of one person …"""
_SECONDS = 60.0
"""… in so long; nobody does as much by hand."""
_TOLD_SECONDS = 10.0
"""Between two answers to somebody who doesn't slow down."""
_MOST_PEOPLE = 10_000
_STOP = re.compile(r"\s*(?:<@[A-Z0-9]+>)?\s*stop\b", re.IGNORECASE)
TOO_FAST = (
    f"That was more than {MOST} requests in a minute, so it was not taken. Wait a minute; Approve,"
    " Halt and `stop` work all the same."
)
_NEVER_HELD = (ids.APPROVE, ids.HALT)
_ASKS = ("app_mention", "app_home_opened")


class Pace:
    """Counts in this process alone: each replica lets as many through again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock`: seconds that only grow."""
        self._clock = clock
        self._taken: dict[str, deque[float]] = {}
        self._told: dict[str, float] = {}

    def takes(self, user: str) -> bool:
        """Whether there is room for one more of theirs."""
        now = self._clock()
        if len(self._taken) > _MOST_PEOPLE:
            self._taken = {u: t for u, t in self._taken.items() if t[-1] > now - _SECONDS}
            self._told = {u: at for u, at in self._told.items() if u in self._taken}
        times = self._taken.setdefault(user, deque(maxlen=MOST))
        if len(times) == MOST and times[0] > now - _SECONDS:
            return False
        times.append(now)
        return True

    def tells(self, user: str) -> bool:
        """Whether they are to be told so now."""
        now = self._clock()
        if now - self._told.get(user, -_TOLD_SECONDS) < _TOLD_SECONDS:
            return False
        self._told[user] = now
        return True


def register(app: AsyncApp, pace: Pace | None = None) -> None:
    """Comes before every listener that does something. What decides or stops is never held up."""
    pace = pace or Pace()

    @app.middleware
    async def bounded(
        body: dict[str, Any],
        client: AsyncWebClient,
        next_: Callable[[], Awaitable[BoltResponse]],
    ) -> BoltResponse:
        user, channel = _from(body)
        if not user or _urgent(body) or pace.takes(user):
            return await next_()
        if pace.tells(user):
            await whisper(client, channel, user, TOO_FAST)
        return BoltResponse(status=200)


def _from(body: dict[str, Any]) -> tuple[str, str | None]:
    """Who asks for something, and where; nobody in what people say among themselves."""
    event = body.get("event")
    if isinstance(event, dict):
        direct = event.get("type") == "message" and event.get("channel_type") == "im"
        asks = direct or event.get("type") in _ASKS
        return (_text(event.get("user")), _text(event.get("channel"))) if asks else ("", None)
    user, container = body.get("user"), body.get("container")
    if isinstance(user, dict):
        place = container.get("channel_id") if isinstance(container, dict) else None
        return _text(user.get("id")), _text(place) or None
    return _text(body.get("user_id")), _text(body.get("channel_id")) or None


def _urgent(body: dict[str, Any]) -> bool:
    event, actions = body.get("event"), body.get("actions")
    text = event.get("text") if isinstance(event, dict) else body.get("text")
    pressed = isinstance(actions, list) and any(
        isinstance(each, dict) and each.get("action_id") in _NEVER_HELD for each in actions
    )
    return pressed or bool(_STOP.match(_text(text)))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
