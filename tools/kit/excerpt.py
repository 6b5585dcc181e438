"""The part of an observation that fits its budget, in whole lines."""

from __future__ import annotations

from collections.abc import Iterable


def fit(lines: Iterable[str], max_chars: int) -> tuple[str, bool]:
    """The first lines that fit in `max_chars`, and whether any were left out.

    A first line that is too long on its own is cut, so that something is always shown.
    """
    kept: list[str] = []
    used = 0
    for line in lines:
        cost = len(line) + (1 if kept else 0)
        if used + cost > max_chars:
            if not kept:
                kept.append(cut(line, max_chars))
            return "\n".join(kept), True
        kept.append(line)
        used += cost
    return "\n".join(kept), False


def cut(text: str, max_chars: int) -> str:
    """The text, or its beginning with an ellipsis, in at most `max_chars` characters."""
    if len(text) <= max_chars:
        return text
    return text[: max(0, max_chars - 1)] + "…"[:max_chars]
