"""Whether a word as typed, on a phone at night, is meant to be another."""

from __future__ import annotations

_SHORTEST = 5
"""Shorter words differ by a letter and mean something else: `safe` and `same`."""


def alike(typed: str, meant: str) -> bool:
    """The same, with two neighbours swapped, or of longer words one letter off."""
    if typed == meant:
        return True
    if len(typed) == len(meant) >= 3:
        differ = [i for i, (a, b) in enumerate(zip(typed, meant, strict=True)) if a != b]
        if len(differ) == 2 and differ[1] == differ[0] + 1:
            first, second = differ
            return typed[first] == meant[second] and typed[second] == meant[first]
    if min(len(typed), len(meant)) < _SHORTEST or abs(len(typed) - len(meant)) > 1:
        return False
    same = next((i for i, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), None)
    if same is None:
        return True
    longer, shorter = sorted((typed, meant), key=len, reverse=True)
    rest = shorter[same + (len(longer) == len(shorter)) :]
    return longer[same + 1 :] == rest
