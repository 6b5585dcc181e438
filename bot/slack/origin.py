"""A message that somebody chose a shortcut on."""

from __future__ import annotations

import json
import re
from typing import Any

from pydantic import ValidationError

from bot.slack.views.text import read, visible
from tools.kit.types import Frozen

_USER = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")
_TEXT = 3000


class Origin(Frozen):
    """Where it stands. Survives a modal; what it says is what the person leaves in the modal."""

    channel: str
    ts: str
    thread_ts: str | None = None
    author: str = ""
    """User id; empty where an app wrote it."""
    domain: str = ""
    """Of the workspace, for an address where Slack tells none."""

    @classmethod
    def of(cls, body: dict[str, Any]) -> Origin:
        """From the payload of a message shortcut."""
        message: dict[str, Any] = body["message"]
        user = str(message.get("user") or "")
        return cls(
            channel=body["channel"]["id"],
            ts=body.get("message_ts") or message["ts"],
            thread_ts=message.get("thread_ts"),
            author="" if message.get("bot_id") else user,
            domain=str((body.get("team") or {}).get("domain") or ""),
        )

    @property
    def root(self) -> str:
        """Of its thread, which it may be itself."""
        return self.thread_ts or self.ts

    @property
    def fingerprint(self) -> str:
        """Of the alert that stands for it."""
        return f"slack:{self.channel}:{self.ts}"

    @property
    def address(self) -> str:
        """As Slack makes it; empty where the workspace is not known."""
        if not self.domain:
            return ""
        path = (
            f"https://{self.domain}.slack.com/archives/{self.channel}/p{self.ts.replace('.', '')}"
        )
        if not self.thread_ts or self.thread_ts == self.ts:
            return path
        return f"{path}?thread_ts={self.thread_ts}&cid={self.channel}"

    def pack(self) -> str:
        return json.dumps([self.channel, self.ts, self.thread_ts, self.author, self.domain])

    @classmethod
    def unpack(cls, value: str) -> Origin | None:
        """None for a value that isn't one of ours."""
        try:
            channel, ts, thread_ts, author, domain = json.loads(value)
            return cls(channel=channel, ts=ts, thread_ts=thread_ts, author=author, domain=domain)
        except (ValueError, TypeError, ValidationError):
            return None


def users_in(body: dict[str, Any]) -> set[str]:
    """User ids that the message mentions."""
    return set(_USER.findall(_raw(body)))


def words_of(body: dict[str, Any], names: dict[str, str]) -> str:
    """What the message says, as a person reads it: plain, at most 3,000 characters.

    `names`: user id → plain name, for those it mentions.
    """
    named = _USER.sub(lambda found: f"@{names.get(found[1], found[1])}", _raw(body))
    return visible(read(named)).strip()[:_TEXT]


def _raw(body: dict[str, Any]) -> str:
    """Its text and that of its attachments, which apps write in; else the names of its files."""
    message: dict[str, Any] = body["message"]
    told = [str(message.get("text") or "")]
    for each in message.get("attachments") or []:
        told += [str(each.get("title") or ""), str(each.get("text") or each.get("fallback") or "")]
    if not any(told):
        told = [str(file.get("name") or "a file") for file in message.get("files") or []]
    return "\n".join(part for part in told if part.strip())
