"""Tells a random token, such as a key that nobody's pattern knows, from the names of things."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable

_LEAST = 20
"""Characters; shorter ones can't be told from names."""
_MIXED, _MIXED_CHANGES = 16, 0.4
"""Of upper case, lower case and digits a random text changes between two in 62 of 100 places, a
name in camel case in fewer than 30."""
_PLAIN, _PLAIN_CHANGES = 24, 0.25
"""Of digits and letters of one case a random text changes in 40 of 100 places."""
_ALPHABETS = ("0123456789abcdefABCDEF", "0123456789")
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_IDENTITY = re.compile(
    r"(?:ids?|guid|sha\d*|digest|hash|commit|rev|revision|etag|checksum|fingerprint|integrity"
    r"|traceparent|trace|span|request|cursor|version|image|pod|container|node|host|hostname"
    r"|instance|path|file|ur[il]|name|title|ref)$",
    re.IGNORECASE,
)
_WORD = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{20,}={0,2}(?![\w+/=-])")
_ITS_NAME = re.compile(
    r"(?<![\w.-])(?P<name>[A-Za-z_][\w.-]{0,80})\\?[\"']?[ \t]{0,3}(?:=>|[=:])[ \t]{0,3}\\?[\"']?\Z"
)
_NAME_CHARS = 100
"""That a name takes at most, with what stands between it and its value."""


def replace_random(text: str, mark: Callable[[str], str]) -> str:
    """`text` with each random value that has a name marked: `x-key: …`, `"key": "…"`.

    Long words are looked for first, for few are long; then for the name before each.
    """

    def replaced(found: re.Match[str]) -> str:
        word = found[0]
        if not looks_random(word):
            return word
        named = _ITS_NAME.search(text[max(0, found.start() - _NAME_CHARS) : found.start()])
        return word if named is None or is_identity(named["name"]) else mark(word)

    return _WORD.sub(replaced, text)


def is_identity(name: str) -> bool:
    """What bears this name is meant to be seen: a commit, a trace, a pod."""
    return _IDENTITY.search(name) is not None


def looks_random(text: str) -> bool:
    """Whether a single word was drawn, not named.

    Digests, UUIDs, times and numbers are drawn too, of fewer kinds of letters: they stay.
    """
    if len(text) < _LEAST or not re.fullmatch(r"[A-Za-z0-9+/_-]+={0,2}", text):
        return False
    return any(_random(part) for part in re.split(r"[^A-Za-z0-9]+", text))


def _random(part: str) -> bool:
    letters = set(part)
    if any(letters <= set(alphabet) for alphabet in _ALPHABETS) or _ULID.fullmatch(part):
        return False
    kinds = [_kind(letter) for letter in part]
    changes = sum(a != b for a, b in itertools.pairwise(kinds)) / len(part)
    if len(set(kinds)) == 3:
        return len(part) >= _MIXED and changes >= _MIXED_CHANGES
    least = _PLAIN_CHANGES if "digit" in kinds else _MIXED_CHANGES
    return len(part) >= _PLAIN and len(set(kinds)) == 2 and changes >= least


def _kind(letter: str) -> str:
    return "digit" if letter.isdigit() else "upper" if letter.isupper() else "lower"
