"""The query languages people type: `query_string` and `simple_query_string`, in their common part.

Words, "phrases", prefix*, field:value, no ranges; AND/OR/NOT and brackets for
`query_string`, `+ | -` and brackets for the simple form, which never fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any, Literal

Reader = Callable[[str], Any]
Wanted = Callable[[Reader, list[str]], bool]
Need = Literal["must", "not", "may"]

_PIECE = re.compile(r'\(|\)|"[^"]*"|[^\s()"|]+:"[^"]*"|\||[^\s()"|]+')


class SearchTextError(ValueError):
    """The typed query can't be read."""


def _anything(read: Reader, fields: list[str]) -> bool:
    return True


def tokens(text: str) -> list[str]:
    """Lower-case words as Elasticsearch's standard analyser cuts them: `replica-2` is two."""
    return re.findall(r"[^\W_]+(?:['.]?[\w])*", text.lower())


def parse_text(text: str, *, simple: bool, conjunction: bool) -> Wanted:
    """The test of a typed query over default fields; SearchTextError only for `query_string`."""
    return _Parser(_PIECE.findall(text), simple, conjunction).whole()


class _Parser:
    def __init__(self, pieces: list[str], simple: bool, conjunction: bool) -> None:
        self._pieces = pieces
        self._simple = simple
        self._conjunction = conjunction

    def whole(self) -> Wanted:
        wanted = self._any()
        if self._pieces:
            if not self._simple:
                raise SearchTextError(f"unexpected {self._pieces[0]!r}")
            self._pieces.clear()
        return wanted

    def _any(self) -> Wanted:
        options = [self._all()]
        while self._pieces and self._pieces[0] in ("|", "OR", "||"):
            self._pieces.pop(0)
            options.append(self._all())
        return lambda read, fields: any(option(read, fields) for option in options)

    def _all(self) -> Wanted:
        """A run of clauses: those that must hold, those that must not, and the rest."""
        held: dict[Need, list[Wanted]] = {"must": [], "not": [], "may": []}
        joined = self._conjunction
        while self._pieces and self._pieces[0] not in (")", "|", "OR", "||"):
            if self._pieces[0] in ("AND", "&&", "+"):
                self._pieces.pop(0)
                held["must"] += held["may"]
                held["may"] = []
                joined = True
                continue
            wanted, need = self._clause()
            held["must" if joined and need == "may" else need].append(wanted)
            joined = self._conjunction
        must, refused, may = held["must"], held["not"], held["may"]
        return lambda read, fields: (
            all(one(read, fields) for one in must)
            and not any(one(read, fields) for one in refused)
            and (not may or bool(must) or any(one(read, fields) for one in may))
        )

    def _clause(self) -> tuple[Wanted, Need]:
        piece = self._pieces.pop(0)
        if piece in ("NOT", "!", "-"):
            if not self._pieces:
                if self._simple:
                    return _anything, "may"
                raise SearchTextError("nothing after NOT")
            return self._negated(self._clause()[0])
        if piece == "(":
            inner = self._any()
            if self._pieces:
                self._pieces.pop(0)
            elif not self._simple:
                raise SearchTextError("a bracket is not closed")
            return inner, "may"
        if piece[0] in "-!" and len(piece) > 1:
            return self._negated(self._leaf(piece[1:]))
        if piece[0] == "+" and len(piece) > 1:
            return self._leaf(piece[1:]), "must"
        return self._leaf(piece), "may"

    def _negated(self, inner: Wanted) -> tuple[Wanted, Need]:
        """In the simple form `a -b` means a or not b, as Elasticsearch's documentation warns."""
        if self._simple:
            return (lambda read, fields: not inner(read, fields)), "may"
        return inner, "not"

    def _leaf(self, piece: str) -> Wanted:
        field, colon, rest = piece.partition(":")
        if not self._simple and colon and not piece.startswith('"'):
            if rest == "" and self._pieces and self._pieces[0] == "(":
                self._pieces.pop(0)
                inner = self._any()
                if self._pieces:
                    self._pieces.pop(0)
                return lambda read, fields: inner(read, [field])
            if rest == "":
                raise SearchTextError(f"nothing after {piece!r}")
            if rest[0] in "[{<>":
                raise SearchTextError(f"ranges such as {piece!r} belong in a range query here")
            return lambda read, fields: _matches(read, [field], rest)
        return lambda read, fields: _matches(read, fields, piece)


def _matches(read: Reader, fields: list[str], wanted: str) -> bool:
    return any(_field_matches(field, read(field), wanted) for field in fields)


def _field_matches(field: str, value: Any, wanted: str) -> bool:
    if value is None:
        return False
    bare = wanted.strip('"')
    if bare == "*":
        return True
    if field != "message":
        return fnmatchcase(str(value), bare) if "*" in bare else str(value) == bare
    words = tokens(str(value))
    if "*" in wanted and not wanted.startswith('"'):
        return any(fnmatchcase(word, bare.lower()) for word in words)
    phrase = tokens(bare)
    return any(words[i : i + len(phrase)] == phrase for i in range(len(words) - len(phrase) + 1))
