"""A message as plain text, for terminals."""

from __future__ import annotations

from typing import Any


def plain(message: dict[str, Any]) -> str:
    """The text of a message's blocks; its `text` where it has none. Buttons in brackets."""
    lines: list[str] = []
    for block in message.get("blocks") or []:
        kind = block.get("type")
        if kind in ("section", "header"):
            lines.append(_unescaped(block["text"]["text"]))
        elif kind == "context":
            lines.append(" ".join(_unescaped(e.get("text", "")) for e in block["elements"]))
        elif kind == "actions":
            labels = [e["text"]["text"] for e in block["elements"] if "text" in e]
            lines.append(" ".join(f"[{label}]" for label in labels))
    return "\n".join(lines) or _unescaped(str(message.get("text", "")))


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
