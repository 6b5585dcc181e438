"""Words, times and escapes for Slack. Everything from outside goes through `said` or `safe`."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from tools.kit.types import Frozen

Block = dict[str, Any]
SECTION_LIMIT = 3000
HEADER_LIMIT = 150
NOTICE_LIMIT = 150
"""Longest `text`: what a phone's notification shows."""
_UNSEEN = re.compile("[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e]")
_UNSEEN_MORE = re.compile("[\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0]")
_EMOJI = re.compile(r":(?=[\w+'-]*[A-Za-z+][\w+'-]*:)")
_MARKS = re.compile(r"`|(?<!\w)[*_~]|[*_~](?!\w)")
_MARKUP = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")


class People(Frozen):
    """How to write people: plain names for the past, mentions for whoever has to act."""

    names: Mapping[str, str] = {}
    """User id or handle → plain name."""
    mentions: Mapping[str, str] = {}
    """User id or handle → Slack's mention markup."""

    def plain(self, who: str) -> str:
        """A name as it stands, not escaped: for text that is escaped later."""
        return self.names.get(who, who)

    def name(self, who: str) -> str:
        return said(self.plain(who), 40)

    def mention(self, who: str) -> str:
        return self.mentions.get(who, said(who, 40))

    def all_mentions(self, whom: tuple[str, ...]) -> str:
        return " ".join(self.mention(who) for who in whom) or "nobody is configured to be called"


def visible(text: str) -> str:
    """Without characters that are not seen or that reorder what is."""
    return "".join(c for c in text if _is_seen(c))


def spelt(text: str) -> str:
    """With a name for each character that is not seen: `re⟨U+200B⟩plica`."""
    return "".join(c if _is_seen(c) else f"⟨U+{ord(c):04X}⟩" for c in text)


@lru_cache(maxsize=4096)
def _is_seen(character: str) -> bool:
    if _UNSEEN.match(character) or _UNSEEN_MORE.match(character):
        return False
    return character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cf")


def safe(text: str) -> str:
    """Text of outside as it stands: no mention, link, formatting or emoji of its own."""
    escaped = _EMOJI.sub(":\u200a", _escaped(visible(text)))
    return _MARKS.sub("\u200a\\g<0>", escaped) if _formats(escaped) else escaped


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _formats(text: str) -> bool:
    """Whether Slack would read a pair of marks around words as formatting."""
    return bool(re.search(r"(?<![\w])([*_~`])\S(?:.*?\S)?\1(?![\w])", text)) or "```" in text


def cut(text: str, most: int) -> str:
    """At most `most` characters, on one line, ending in … where something is missing."""
    line = " ".join(visible(text).split())
    if len(line) <= most:
        return line
    kept = line[: most - 1]
    word = kept.rfind(" ")
    return kept[: word if word > most * 2 // 3 else None].rstrip(" ,;:·(") + "…"


def said(text: str, most: int) -> str:
    """What somebody outside wrote: one line, at most `most` characters as read, escaped."""
    return safe(cut(text, most))


def read(markup: str) -> str:
    """What a person reads of Slack's markup: labels for links and mentions, no escapes."""
    labelled = _MARKUP.sub(lambda found: found[2] or found[1], markup).replace("\u200a", "")
    return labelled.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def noticed(text: str) -> str:
    """What a phone's notification says, which shows marks as they stand; outside text as well.

    Marks are dropped: the spaces with which `safe` parts them would be seen there.
    """
    plain = _EMOJI.sub("", _escaped(cut(text, NOTICE_LIMIT)))
    return (_MARKS.sub("", plain) if _formats(plain) else plain) or "…"


def heard(markup: str) -> str:
    """The same of a message of ours: without its links and marks."""
    return noticed(re.sub("[*`]", "", read(markup)))


def fitted(lines: Iterable[str], most: int) -> str:
    """As many whole lines as fit in `most` characters as read, and in a section; then …"""
    kept: list[str] = []
    for line in lines:
        whole = "\n".join([*kept, line])
        if len(read(whole)) > most - 2 or len(whole) > SECTION_LIMIT - 2:
            return "\n".join([*kept, "…"])
        kept.append(line)
    return "\n".join(kept)


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
    """Never folded, and Slack makes no links or mentions of its own in it."""
    return {"type": "section", "text": _mrkdwn(text), "expand": True}


def context(text: str) -> Block:
    return {"type": "context", "elements": [_mrkdwn(text)]}


def header(text: str) -> Block:
    return {
        "type": "header",
        "text": {"type": "plain_text", "text": cut(text, HEADER_LIMIT), "emoji": True},
    }


def button(label: str, action: str, heard: str, **more: Any) -> Block:
    """A button; `heard` is what a screen reader says."""
    return {
        "type": "button",
        "action_id": action,
        "text": {"type": "plain_text", "text": label},
        "accessibility_label": cut(heard, 75),
        **more,
    }


def named(name: str, block: Block) -> Block:
    """With a block id that is another one as soon as the block is."""
    body = json.dumps(block, sort_keys=True)
    return {**block, "block_id": f"{name}:{hashlib.sha256(body.encode()).hexdigest()[:12]}"}


def _mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}
