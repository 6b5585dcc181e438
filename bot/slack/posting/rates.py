"""How often Slack may be called: budgets that every replica and every incident share."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from slack_sdk.errors import SlackApiError

from bot.domain.ports import SlotStore
from tools.kit.types import Frozen

Answer = TypeVar("Answer")
_UNSAID_SECONDS = 5.0
"""For a refusal that doesn't say how long to wait."""


class NotYetError(Exception):
    """The budget is spent for now. Says for how many seconds."""

    def __init__(self, seconds: float, *, urgent: bool = False) -> None:
        super().__init__(f"not before {seconds:.1f} s")
        self.seconds = seconds
        self.urgent = urgent
        """Whether what waits has to be seen soon."""


class Rate(Frozen):
    """At most one call each `seconds`, and `burst` more in a minute in which few were made."""

    method: str
    seconds: float
    burst: int = 1
    """How many turns that nobody used may be taken at once, by what is urgent."""


# Slack's tiers: docs.slack.dev/apis/web-api/rate-limits. A burst and a minute's turns together
# stay within the tier: of edits, which are Tier 3, 10 and 30.
POST = Rate(method="chat.postMessage", seconds=1.0)
"""In each channel."""
EDIT = Rate(method="chat.update", seconds=2.0, burst=10)
REPLIES = Rate(method="conversations.replies", seconds=1.5, burst=10)
HISTORY = Rate(method="conversations.history", seconds=1.5, burst=10)
LINK = Rate(method="chat.getPermalink", seconds=0.6, burst=20)
STREAM_START = Rate(method="chat.startStream", seconds=4.0, burst=5)
STREAM_APPEND = Rate(method="chat.appendStream", seconds=0.75, burst=20)
STREAM_STOP = Rate(method="chat.stopStream", seconds=4.0, burst=5)


class Rates:
    """One budget for each method in the whole workspace; a 429 pauses it for all replicas."""

    def __init__(self, store: SlotStore) -> None:
        self._store = store

    async def turn(self, rate: Rate, place: str = "", *, urgent: bool = False) -> None:
        """Take a turn. Raises NotYetError. `place`: the channel, where each has a budget."""
        budget = f"{rate.method}:{place}" if place else rate.method
        rest = await self._store.turn(budget, rate.seconds, burst=rate.burst, urgent=urgent)
        if rest > 0:
            raise NotYetError(rest, urgent=urgent)

    async def answer(self, rate: Rate, call: Awaitable[Answer]) -> Answer:
        """What the call answers, its turn being taken. Raises NotYetError after a 429, for which
        everybody then waits, and whatever else the call raises."""
        try:
            return await call
        except SlackApiError as error:
            if error.response.status_code != 429:
                raise
            seconds = _asked(error)
            await self._store.pause(rate.method, seconds)
            raise NotYetError(seconds) from error


def _asked(refused: SlackApiError) -> float:
    headers = {name.lower(): value for name, value in refused.response.headers.items()}
    try:
        return max(1.0, float(headers["retry-after"]))
    except (KeyError, ValueError):
        return _UNSAID_SECONDS
