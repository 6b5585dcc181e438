"""A message as plain text, for terminals."""

from __future__ import annotations

import re
from typing import Any

from bot.slack.views.text import read

_MARKS = {"complete": "✓", "error": "✗", "in_progress": "⏳", "pending": "·"}


def plain(message: dict[str, Any]) -> str:
    """The text of a message's blocks; its `text` where it has none. Buttons in brackets."""
    lines: list[str] = []
    for block in message.get("blocks") or []:
        kind = block.get("type")
        if kind == "header":
            lines.append(block["text"]["text"])
        elif kind == "section":
            lines.append(_words(block["text"]["text"]))
        elif kind == "context":
            lines.append(" ".join(_words(e.get("text", "")) for e in block["elements"]))
        elif kind == "plan":
            lines.append(block["title"])
            lines += [f"{_MARKS[task['status']]} {task['title']}" for task in block["tasks"]]
        elif kind == "actions":
            labels = [e["text"]["text"] for e in block["elements"] if "text" in e]
            lines.append(" ".join(f"[{label}]" for label in labels))
    return "\n".join(lines) or _words(str(message.get("text", "")))


def _words(markup: str) -> str:
    return re.sub(r"(?<!\w)\*(\S(?:[^*\n]*\S)?)\*(?!\w)", r"\1", read(markup))
