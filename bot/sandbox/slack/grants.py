"""Short-lived permissions that Slack hands out with an interaction: triggers, response URLs."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Any

from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.messages import Message

TRIGGER_SECONDS = 3.0
RESPONSE_URL_USES = 5
RESPONSE_URL_SECONDS = 30 * 60.0
_MOST_KEPT = 2_000


@dataclass
class _Trigger:
    user: str
    expires: float
    used: bool = False


@dataclass
class ResponseUrl:
    """Where an app may answer one interaction, five times in 30 minutes."""

    user: str
    channel: str
    message: Message | None
    expires: float
    uses_left: int = RESPONSE_URL_USES


class Grants:
    """Issues triggers and response URLs, and forgets the oldest."""

    def __init__(self) -> None:
        self._triggers: dict[str, _Trigger] = {}
        self._urls: dict[str, ResponseUrl] = {}

    def new_trigger(self, user: str) -> str:
        """A trigger that lets the app open one view for this person within 3 seconds."""
        trigger_id = (
            f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        )
        self._triggers[trigger_id] = _Trigger(user, time.monotonic() + TRIGGER_SECONDS)
        _forget_oldest(self._triggers)
        return trigger_id

    def spend_trigger(self, trigger_id: str) -> str:
        """The person of this trigger, once. Raises `SlackError` as Slack names it."""
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if time.monotonic() > trigger.expires:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger.user

    def new_response_url(self, user: str, channel: str, message: Message | None) -> str:
        """The secret part of a fresh response URL."""
        secret = secrets.token_urlsafe(18)
        expires = time.monotonic() + RESPONSE_URL_SECONDS
        self._urls[secret] = ResponseUrl(user, channel, message, expires)
        _forget_oldest(self._urls)
        return secret

    def use_response_url(self, secret: str) -> ResponseUrl:
        """One use of a response URL. Raises `SlackError` `expired_url` or `used_url`."""
        url = self._urls.get(secret)
        if url is None or time.monotonic() > url.expires:
            raise SlackError("expired_url")
        if url.uses_left <= 0:
            raise SlackError("used_url")
        url.uses_left -= 1
        return url


def _forget_oldest(kept: dict[str, Any]) -> None:
    while len(kept) > _MOST_KEPT:
        del kept[next(iter(kept))]
