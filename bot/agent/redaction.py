"""Takes secrets out of text before a model or a person sees it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from bot.domain.text import whole

_SHORTEST = 6
"""A known value shorter than this would black out ordinary words."""
_PATTERNS = tuple(
    (hint, re.compile(pattern))
    for hints, pattern in (
        (
            ("private key",),
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----",
        ),
        (("akia", "asia"), r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
        (("xox",), r"\bxox[abeprs]-[A-Za-z0-9-]{10,}"),
        (("xapp-",), r"\bxapp-[A-Za-z0-9-]{10,}"),
        (("gh", "github_pat_"), r"\b(?:gh[pousr]|github_pat)_[A-Za-z0-9_]{30,}\b"),
        (("sk-",), r"\bsk-[A-Za-z0-9_-]{20,}"),
        (("eyj",), r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
        (("bearer ",), r"(?i)(?<=bearer )[A-Za-z0-9._~+/=-]{12,}"),
        (
            ("authorization",),
            r"(?i)authorization[\\\"']*\s*[=:]\s*[\\\"']*(?:basic|token)\s+([^\s\\\"',;]{6,})",
        ),
        (("://",), r"(?i)(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"),
        (
            ("passw", "secret", "token", "api"),
            r"(?i)(?:password|passwd|secret|token|api[_-]?key)[\\\"']*\s*[=:]\s*[\\\"']*"
            r"(?!\[secret )([^\s\\\"',;]{6,})",
        ),
    )
    for hint in hints
)
"""Each behind a word, in lower case, without one of which it can't match: that is found faster."""


class RedactionFailedError(Exception):
    """The text could not be cleaned, so it must not go out."""


class Redactor:
    """Known values first, then patterns. The same secret always leaves the same mark."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        longest_first = sorted({k for k in known if len(k) >= _SHORTEST}, key=len, reverse=True)
        self._known = [(value, _mark(value)) for value in longest_first]

    def clean_all(self, value: Any) -> Any:
        """The same value, each text in its lists and objects cleaned; keys stay as they are."""
        if isinstance(value, str):
            return self.clean(value)
        if isinstance(value, Mapping):
            return {key: self.clean_all(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.clean_all(each) for each in value]
        return value

    def clean(self, text: str) -> str:
        """`text` without secrets. Raises RedactionFailedError; then the text must not go out."""
        try:
            text = whole(text)
            for value, mark in self._known:
                text = text.replace(value, mark)
            # Letters beyond ASCII may match one within it, such as ſ for s.
            plain = text.lower() if text.isascii() else None
            for hint, pattern in _PATTERNS:
                if plain is None or hint in plain:
                    text = pattern.sub(_replaced, text)
        except (re.error, RecursionError, TypeError) as error:
            raise RedactionFailedError("the text could not be cleaned of secrets") from error
        return text


def _replaced(found: re.Match[str]) -> str:
    if found.lastindex:
        return found[0].replace(found[1], _mark(found[1]))
    return _mark(found[0])


def _mark(secret: str) -> str:
    return f"[secret {hashlib.sha256(secret.encode()).hexdigest()[:6]}]"
