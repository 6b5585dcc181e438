"""What Slack's refusals mean for a message: gone, closed, never posted, or not understood."""

from __future__ import annotations

import re

from slack_sdk.errors import SlackApiError

GONE = ("message_not_found", "thread_not_found")
_CLOSED = {
    "is_archived": "is archived; unarchive it, or set OPSBOT_CHANNEL",
    "not_in_channel": "doesn't have opsbot in it; type `/invite @opsbot` there",
    "channel_not_found": "is not one opsbot can see; type `/invite @opsbot` there, or set"
    " OPSBOT_CHANNEL",
    "restricted_action": "lets opsbot post nothing; change who may post in its settings",
}
_NOBODY = ("user_not_found", "user_disabled", "messages_tab_disabled", "cannot_dm_bot")
_IN_DOUBT = ("internal_error", "fatal_error", "service_unavailable", "request_timeout")
"""Slack's own words: some of it may have succeeded before the error was raised."""
_OF_ITSELF = ("invalid_blocks", "invalid_blocks_format", "msg_too_long", "msg_blocks_too_long")
_UNKNOWN_TYPE = re.compile(
    r"unsupported|unknown|unrecogni[sz]ed|not supported|/type", re.IGNORECASE
)


class ThreadGoneError(Exception):
    """The message that the thread hung on was deleted in Slack."""


class ClosedError(Exception):
    """Nothing can be posted there until somebody mends it. Says what to click."""

    def __init__(self, channel: str, error: str) -> None:
        super().__init__(f"{channel} {_CLOSED[error]}")
        self.channel = channel


def away(error: SlackApiError) -> bool:
    """Whether it may be answered later: Slack is down, or was asked too often."""
    return error.response.get("error") in (*_IN_DOUBT, "ratelimited")


def closed(error: SlackApiError) -> bool:
    """Whether the place takes no message at all."""
    return error.response.get("error") in _CLOSED


def nobody_there(error: SlackApiError) -> bool:
    """Whether a place away from the thread won't ever take it: a person who left, say."""
    return closed(error) or error.response.get("error") in (*_NOBODY, *GONE)


def of_itself(error: SlackApiError) -> bool:
    """Whether it is this one message that Slack refuses; others may pass."""
    return error.response.get("error") in _OF_ITSELF


def not_posted(error: SlackApiError) -> bool:
    """Whether it is certain that nothing was posted."""
    return error.response.status_code == 200 and error.response.get("error") not in _IN_DOUBT


def unknown_block(error: SlackApiError) -> bool:
    """Whether the server doesn't know a block's type: it says so, or nothing more at all."""
    if error.response.get("error") not in ("invalid_blocks", "invalid_blocks_format"):
        return False
    metadata = error.response.get("response_metadata") or {}
    told = [*(metadata.get("messages") or ()), *(error.response.get("errors") or ())]
    return not told or any(_UNKNOWN_TYPE.search(str(words)) for words in told)
