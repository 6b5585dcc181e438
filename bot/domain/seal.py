"""Signs the heads of hash chains with a key that is kept outside the ledger."""

from __future__ import annotations

import hashlib
import hmac
from typing import Literal

Made = Literal["ours", "by another key", "forged", "nothing"]
"""`forged`: it names our key and is not made with it."""


class Seal:
    """HMAC-SHA256 over a head and its place, so that none can be moved or made without the key."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()
        self.name = self._mac("the name of this key")[:8]
        """Tells keys apart and says nothing of them."""

    def of(self, stream: str, version: int, head: str) -> str:
        """`<name of the key>:<signature>`."""
        signed = self._mac(f"head\n{stream}\n{version}\n{head}")
        return f"{self.name}:{signed}"

    def made(self, seal: str, stream: str, version: int, head: str) -> Made:
        """Who made `seal` for that head in that place."""
        if not seal:
            return "nothing"
        if hmac.compare_digest(seal.encode(), self.of(stream, version, head).encode()):
            return "ours"
        return "forged" if seal.partition(":")[0] == self.name else "by another key"

    def _mac(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()
