"""Rate limits, outages and the log of calls: how the local Slack behaves under load."""

from __future__ import annotations

import math
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

MOST_CALLS = 5_000


@dataclass(frozen=True)
class ApiCall:
    """One call of the Web API: `at` in Unix seconds, and the `error` it was answered with."""

    method: str
    at: float
    body: dict[str, Any]
    error: str | None
    retry_after: int = 0
    """Seconds, where it was answered with 429."""


@dataclass
class _Bucket:
    """A token bucket: `burst` calls at once, then `per_second`."""

    burst: float
    per_second: float
    tokens: float = field(init=False)
    filled: float = field(init=False)

    def __post_init__(self) -> None:
        self.tokens, self.filled = self.burst, time.monotonic()

    def take(self) -> int:
        """0 where a call may pass, else after how many whole seconds one may."""
        now = time.monotonic()
        self.tokens = min(self.burst, self.tokens + (now - self.filled) * self.per_second)
        self.filled = now
        if self.tokens >= 1:
            self.tokens -= 1
            return 0
        return max(1, math.ceil((1 - self.tokens) / self.per_second))


# Slack's tiers in calls a minute: docs.slack.dev/apis/web-api/rate-limits
TIER_2, TIER_3, TIER_4 = 20, 50, 100
SPECIAL = 600
"""Methods with a rule of their own that Slack doesn't number, "hundreds a minute"."""
_POST_BURST, _POST_PER_SECOND = 5, 1.0


@dataclass
class _Throttle:
    seconds: int
    times: int


class Traffic:
    """Decides which calls are refused for their number, and remembers the last calls."""

    def __init__(self) -> None:
        self.calls: deque[ApiCall] = deque(maxlen=MOST_CALLS)
        self.down = False
        self.enforced = False
        self.forgotten: set[str] = set()
        """Methods that this server doesn't know."""
        self._throttles: dict[str, _Throttle] = {}
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def throttle(self, method: str, *, seconds: int, times: int) -> None:
        """Answer the next `times` calls of this method with 429 and this Retry-After."""
        self._throttles[method] = _Throttle(seconds, times)

    def retry_after(self, method: str, channel: str, per_minute: int) -> int:
        """0 where this call may pass, else the seconds for Retry-After.

        `per_minute` is the method's tier; messages are counted by channel instead.
        """
        planned = self._throttles.get(method)
        if planned is not None and planned.times > 0:
            planned.times -= 1
            return planned.seconds
        return self._take(method, channel, per_minute) if self.enforced else 0

    def record(
        self, method: str, body: dict[str, Any], error: str | None, retry_after: int = 0
    ) -> None:
        """Note one call; the oldest fall out."""
        shown = {key: value for key, value in body.items() if key != "token"}
        self.calls.append(ApiCall(method, time.time(), shown, error, retry_after))

    def _take(self, method: str, channel: str, per_minute: int) -> int:
        if method == "chat.postMessage":
            key = (method, channel)
            fresh = _Bucket(_POST_BURST, _POST_PER_SECOND)
        else:
            key = (method, "")
            fresh = _Bucket(per_minute, per_minute / 60)
        return self._buckets.setdefault(key, fresh).take()
