"""Words, times and escapes for Slack. Everything from outside goes through `safe`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tools.kit.types import Frozen

Block = dict[str, Any]
SECTION_LIMIT = 3000
HEADER_LIMIT = 150
LINE_LIMIT = 90
NOTICE_LIMIT = 150
"""Longest `text`: what a phone's notification shows."""
_UNSEEN = re.compile("[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e]")
_UNSEEN_MORE = re.compile("[\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0]")


class People(Frozen):
    """How to write people: plain names for the past, mentions for whoever has to act."""

    names: Mapping[str, str] = {}
    """User id or handle → plain name."""
    mentions: Mapping[str, str] = {}
    """User id or handle → Slack's mention markup."""

    def name(self, who: str) -> str:
        return safe(self.names.get(who, who.removeprefix("policy:")))

    def mention(self, who: str) -> str:
        return self.mentions.get(who, safe(who))

    def all_mentions(self, whom: tuple[str, ...]) -> str:
        return " ".join(self.mention(who) for who in whom) or "nobody is configured to be called"


def visible(text: str) -> str:
    """Without characters that are not seen or that reorder what is."""
    kept = _UNSEEN_MORE.sub("", _UNSEEN.sub("", text))
    return "".join(c for c in kept if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf"))


def safe(text: str) -> str:
    """Text of outside as it stands: no mention, link or formatting of its own."""
    escaped = visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([*_~`])", "\u200a\\1", escaped) if _formats(escaped) else escaped


def _formats(text: str) -> bool:
    """Whether Slack would read a pair of marks around words as formatting."""
    return bool(re.search(r"(?<![\w])([*_~`])\S(?:.*?\S)?\1(?![\w])", text)) or "```" in text


def cut(text: str, most: int) -> str:
    """At most `most` characters, on one line, ending in … where something is missing."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def clock(at: datetime) -> str:
    """`02:26`, in the server's own time zone."""
    return at.astimezone().strftime("%H:%M")


def lasting(start: datetime, end: datetime) -> str:
    """`22 min`, `2 h 5 min`, `40 s`."""
    seconds = max(0, int((end - start).total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def section(text: str) -> Block:
    return {
        "type": "section",
        "text": {"type": "mrkdwn", "text": text[:SECTION_LIMIT]},
        "expand": True,
    }


def context(text: str) -> Block:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text[:SECTION_LIMIT]}]}


def header(text: str) -> Block:
    return {
        "type": "header",
        "text": {"type": "plain_text", "text": cut(visible(text), HEADER_LIMIT), "emoji": True},
    }
