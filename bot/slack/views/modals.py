"""Parts of windows: their frame, text without markup, and what they say when they are done."""

from __future__ import annotations

from collections.abc import Iterable

from bot.slack.views.text import Block, cut, section, spelt

TITLE = 24
"""Longest title of a window, and label of its buttons."""


def modal(title: str, close: str) -> Block:
    return {"type": "modal", "title": plain(title, TITLE), "close": plain(close, TITLE)}


def plain(text: str, most: int) -> Block:
    """Text in which Slack reads no markup, and no emoji."""
    return {"type": "plain_text", "text": cut(text, most) or "(empty)", "emoji": False}


def saying(title: str, words: str) -> Block:
    """A window that only tells something; `words` are escaped already."""
    return {**modal(title, "Close"), "blocks": [section(words)]}


def flat(line: str) -> str:
    """Text of outside on one line, so that it can't look like another of ours; nothing of it is
    left out, and what nobody would see has its name."""
    return spelt(line.replace("\r\n", "⏎").replace("\n", "⏎").replace("\t", " "))


def lines_of(lines: Iterable[str], most: int = 2900) -> Block:
    """A section of lines from outside: each as it is, unseen characters by their names, in which
    Slack reads no markup. What is beyond `most` characters is counted."""
    told = "\n".join(flat(line) for line in lines)
    over = len(told) - most
    if over > 0:
        told = f"{told[:most]}\n… and {over} characters more"
    return {"type": "section", "text": {"type": "plain_text", "text": told, "emoji": False}}
