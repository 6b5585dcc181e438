"""Prompt caching as the providers do it, without their clocks: nothing here expires."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

from bot.sandbox.model.prefix import Piece, digests

LOOKBACK = 20
"""Pieces that are looked back from a mark, as Anthropic's documentation says."""
SMALLEST = 512
"""Tokens below which nothing is cached: what the Claude 5.5 models state."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Input tokens of one request."""

    fresh: int
    read: int
    written: int


class PromptCache:
    """Remembers prefixes that ended at a mark; a later request reads the longest it shares."""

    def __init__(self, smallest: int = SMALLEST) -> None:
        self._smallest = smallest
        self._known: set[str] = set()

    def count(self, pieces: list[Piece], salt: str) -> Counted:
        """`salt`: what must be equal besides the pieces, such as the model."""
        prefixes = digests(pieces, salt)
        marks = [at for at, piece in enumerate(pieces) if piece.marked]
        read = 0
        for mark in marks:
            for at in range(mark, max(-1, mark - LOOKBACK), -1):
                if prefixes[at] in self._known:
                    read = max(read, at + 1)
                    break
        sums = [0, *accumulate(piece.tokens for piece in pieces)]
        kept = [mark for mark in marks if sums[mark + 1] >= self._smallest]
        self._known |= {prefixes[mark] for mark in kept}
        end = max([mark + 1 for mark in kept], default=0)
        written = max(0, sums[end] - sums[read])
        return Counted(fresh=sums[-1] - sums[read] - written, read=sums[read], written=written)
