"""Takes secrets out of text before it is kept, shown, sent to a model or logged."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote, quote_plus

from bot.domain.text import whole
from bot.redaction.entropy import is_identity, looks_random, replace_random
from bot.redaction.marks import MARK, mark
from bot.redaction.patterns import NAMED, PATTERNS

_SHORTEST = 6
"""A known value shorter than this would black out ordinary words."""
_MOST_PASSES = 5
_REMEMBERED, _REMEMBERED_CHARS = 256, 20_000
_MARKS = re.compile(f"({MARK})")


class RedactionFailedError(Exception):
    """The text could not be cleaned, so it must not go out."""


class Redactor:
    """Known values first, then patterns, then what looks random under a name.

    The same secret always leaves the same mark, and what was cleaned once stays as it is.
    Weakness: a secret that nobody knows, in plain words and without a name, is not seen.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        forms = {
            form: mark(value)
            for value in known
            if len(value) >= _SHORTEST
            for form in _forms(value)
        }
        self._known = sorted(forms.items(), key=lambda form: len(form[0]), reverse=True)
        self._longest = max(map(len, forms), default=0)
        # The same text passes several doors on its way.
        self._remembered = lru_cache(_REMEMBERED)(self._clean)
        self._begin: dict[str, list[tuple[str, str]]] = {}
        for form in self._known:
            self._begin.setdefault(form[0][:_SHORTEST], []).append(form)

    def clean(self, text: str) -> str:
        """`text` without secrets. Raises RedactionFailedError; then the text must not go out."""
        return self._remembered(text) if len(text) <= _REMEMBERED_CHARS else self._clean(text)

    def _clean(self, text: str) -> str:
        try:
            before, after = "", whole(text)
            for _ in range(_MOST_PASSES):
                before, after = after, self._pass(after)
                if before == after:
                    return after
        except Exception as error:
            # Whatever it was that failed, what it failed at may hold a secret.
            raise RedactionFailedError("the text could not be cleaned of secrets") from error
        raise RedactionFailedError(f"the text holds ever more secrets after {_MOST_PASSES} passes")

    def clean_all(self, value: Any) -> Any:
        """The same plain JSON, each text in its lists and objects cleaned; keys stay as they are.

        Raises RedactionFailedError; then nothing of it may go out.
        """
        try:
            return self._all(value)
        except RecursionError as error:
            raise RedactionFailedError("the text is nested too deeply to be cleaned") from error

    def _all(self, value: Any, name: str = "") -> Any:
        if isinstance(value, str):
            return self._named(name, self.clean(value))
        if isinstance(value, Mapping):
            return {key: self._all(each, str(key)) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self._all(each, name) for each in value]
        return value

    def _named(self, name: str, text: str) -> str:
        """`text` as the whole value of a field of that name."""
        if _MARKS.fullmatch(text):
            return text
        told = len(text) >= _SHORTEST and NAMED.search(name)
        drawn = name and not is_identity(name) and looks_random(text)
        return mark(text) if told or drawn else text

    def _pass(self, text: str) -> str:
        # A mark holds no secret, and a secret may be a word that stands in a mark.
        parts = _MARKS.split(text)
        parts[::2] = [self._without_known(part) for part in parts[::2]]
        parts[-1] = self._without_cut(parts[-1])
        text = "".join(parts)
        # Letters beyond ASCII may match one within it, such as ſ for s.
        plain = text.lower() if text.isascii() else None
        for hints, pattern in PATTERNS:
            if plain is None or any(hint in plain for hint in hints):
                text = pattern.sub(_replaced, text)
        return replace_random(text, mark)

    def _without_known(self, text: str) -> str:
        for value, its_mark in self._known:
            if value in text:
                text = text.replace(value, its_mark)
        return text

    def _without_cut(self, text: str) -> str:
        """A line may have been cut within a known value: what is left of it goes as well."""
        end = len(text.rstrip("…."))
        for start in range(max(0, end - self._longest), end - _SHORTEST + 1):
            for value, its_mark in self._begin.get(text[start : start + _SHORTEST], ()):
                if value.startswith(text[start:end]):
                    return text[:start] + its_mark + text[end:]
        return text


def _replaced(found: re.Match[str]) -> str:
    group = "secret" if "secret" in found.re.groupindex else 0
    start, end = found.start(group) - found.start(), found.end(group) - found.start()
    return found[0][:start] + mark(found[group]) + found[0][end:]


def _forms(value: str) -> Iterator[str]:
    """A secret, and what becomes of it in JSON, in an address and within base64."""
    yield value
    yield from (quote(value), quote(value, safe=""), quote_plus(value))
    yield from (json.dumps(value, ensure_ascii=ascii_)[1:-1] for ascii_ in (True, False))
    raw = value.encode("utf-8", "replace")
    for before in range(3):
        # Wherever it begins within the bytes, these letters are of it alone.
        told = base64.b64encode(bytes(before) + raw).decode("ascii")
        inside = told[(0, 2, 3)[before] : (before + len(raw)) * 8 // 6]
        yield from (inside, inside.replace("+", "-").replace("/", "_"))
