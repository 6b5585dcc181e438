"""What a request begins with, piece by piece: for caches and for signatures."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

CHARS_A_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Piece:
    """A tool, a block of the system prompt or a block of a message."""

    text: str
    """Canonical JSON, without cache marks."""
    marked: bool
    thinking: bool = False

    @property
    def tokens(self) -> int:
        return max(1, len(self.text) // CHARS_A_TOKEN)


def tokens(pieces: list[Piece]) -> int:
    return sum(piece.tokens for piece in pieces)


def anthropic_pieces(body: dict[str, Any]) -> list[Piece]:
    """In the order in which the provider reads them: tools, system, messages."""
    pieces = [_piece("tool", tool) for tool in body.get("tools", ())]
    pieces += [_piece("system", block) for block in blocks(body.get("system", ""))]
    for message in body["messages"]:
        pieces += [_piece(message["role"], block) for block in blocks(message["content"])]
    if body.get("cache_control") and pieces:
        pieces[-1] = Piece(pieces[-1].text, True, pieces[-1].thinking)
    return pieces


def openai_pieces(body: dict[str, Any]) -> list[Piece]:
    return [
        Piece(json.dumps([kind, each], sort_keys=True), True)
        for kind, group in (("tool", body.get("tools", ())), ("message", body["messages"]))
        for each in group
    ]


def blocks(content: Any) -> list[dict[str, Any]]:
    """Content in its long form; a string is short for one text block."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return list(content)


def digests(pieces: list[Piece], salt: str) -> list[str]:
    """For each piece, a digest of everything up to and with it."""
    running = hashlib.sha256(salt.encode())
    found: list[str] = []
    for piece in pieces:
        running.update(piece.text.encode())
        found.append(running.hexdigest()[:24])
    return found


def signature(digest: str) -> str:
    """What a thinking block is signed with, after pieces of that digest."""
    return f"sig_{digest}"


def _piece(role: str, block: dict[str, Any]) -> Piece:
    bare = {key: value for key, value in block.items() if key != "cache_control"}
    return Piece(
        text=json.dumps([role, bare], sort_keys=True),
        marked="cache_control" in block,
        thinking=block.get("type") == "thinking",
    )
