"""Plain text to and from the Atlassian Document Format, the only prose Jira's API v3 takes."""

from __future__ import annotations

import re
from typing import Any


def document(text: str) -> dict[str, Any]:
    """A document of paragraphs: a blank line ends one, a single line break stays a break."""
    blocks = [block.strip("\n") for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n"))]
    return {
        "type": "doc",
        "version": 1,
        "content": [_paragraph(block) for block in blocks if block.strip()],
    }


def plain(node: Any) -> str:
    """The text of a document; paragraphs apart by a blank line. Empty for what is none."""
    if not isinstance(node, dict):
        return ""
    kind, children = node.get("type"), node.get("content") or []
    if kind == "text":
        return str(node.get("text", ""))
    if kind == "hardBreak":
        return "\n"
    if kind == "doc":
        return "\n\n".join(plain(child) for child in children)
    return "".join(plain(child) for child in children)


def _paragraph(block: str) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    for number, line in enumerate(block.split("\n")):
        if number:
            content.append({"type": "hardBreak"})
        # A text node may not be empty.
        if line:
            content.append({"type": "text", "text": line})
    return {"type": "paragraph", "content": content}
