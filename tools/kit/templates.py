"""Folds log lines that say the same thing into one template each, with how often and when.

What varies by its form (times, addresses, ids, numbers, quoted text) is masked; what varies by
word is merged as Drain does it: lines of one length and beginning are compared word by word, and
where enough agree, the words that differ become `<*>` (He, Zhu, Zheng, Lyu: "Drain: An Online Log
Parsing Approach with Fixed Depth Tree", ICWS 2017).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

ANY = "<*>"
_SIMILAR = 0.7
"""Share of words that have to agree; with half of them, two failures would become one."""
_MOST_COMPARED = 24
"""Templates of one length and beginning that a line is held against."""
_MOST_REMEMBERED = 20_000
_HEAD_CHARS = 300
"""How much of a message tells what it is; the rest of it is its stack."""
_DIGITS = re.compile(r"\d+")
_REFUSAL = re.compile(
    r"""(?:[Ss]tatus\w*|[Cc]ode|HTTP/[\d.]+"?|(?:GET|POST|PUT|PATCH|DELETE|HEAD) \S+)"""
    r"""[ \t:="]{1,3}([45]\d\d)(?!\w)"""
)
"""A status that says no: the one number that makes it another line."""
_MASKS = re.compile(
    r"""
      (?P<text>"[^"]*"|(?<!\w)'[^']*'(?!\w))
    | (?<![\w.])(?:
        (?P<time>\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?
            |\d\d:\d\d:\d\d(?:[.,]\d+)?)
      | (?P<ip>\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?)
      | (?P<id>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})
      | (?P<hex>0x[0-9a-fA-F]+|(?=[a-fA-F]*\d)[0-9a-fA-F]{8,}(?![\w-]))
      )
    | (?P<number>\d+(?:[.,]\d+)*)
    """,
    re.VERBOSE,
)
_SHOWN = {"text": '"*"', "time": "<time>", "ip": "<ip>", "id": "<id>", "hex": "<hex>"}


class Entry(NamedTuple):
    """A line to fold."""

    at: datetime
    level: str
    """Lines of different levels never share a template."""
    text: str


@dataclass(slots=True)
class Template:
    """Lines that say the same thing."""

    words: list[str]
    level: str
    count: int
    first: datetime
    last: datetime
    example: str
    """The earliest of the lines, whole."""

    @property
    def text(self) -> str:
        """What they have in common, masks in the place of what differs."""
        return " ".join(self.words)


def fold(lines: Iterable[Entry]) -> list[Template]:
    """The templates of the lines, in the order in which they first came up."""
    folded = _Fold()
    for line in lines:
        folded.add(line)
    return folded.templates


class _Fold:
    """Looks a line up by its text without digits, then by its mask, then by its likeness."""

    def __init__(self) -> None:
        self.templates: list[Template] = []
        self._known: dict[tuple[str, str, str], Template] = {}
        self._leaves: dict[tuple[str, str, int, str], list[Template]] = {}

    def add(self, line: Entry) -> None:
        head = line.text[:_HEAD_CHARS]
        refusal = _REFUSAL.search(head)
        status = refusal[1] if refusal else ""
        quick = (line.level, status, _DIGITS.sub("0", head))
        found = self._known.get(quick)
        if found is None:
            found = self._by_mask(line, status, _masked(head, refusal))
            if len(self._known) < _MOST_REMEMBERED:
                self._known[quick] = found
        found.count += 1
        if line.at < found.first:
            found.first, found.example = line.at, line.text
        elif line.at > found.last:
            found.last = line.at

    def _by_mask(self, line: Entry, status: str, masked: str) -> Template:
        exact = (line.level, status, masked)
        known = self._known.get(exact)
        if known is None:
            known = self._known[exact] = self._by_likeness(line, status, masked.split())
        return known

    def _by_likeness(self, line: Entry, status: str, words: list[str]) -> Template:
        beginning = words[0] if words and "<" not in words[0] else ANY
        leaf = self._leaves.setdefault((line.level, status, len(words), beginning), [])
        for template in leaf[-_MOST_COMPARED:]:
            same = sum(a == b for a, b in zip(template.words, words, strict=True))
            if same >= _SIMILAR * len(words):
                template.words = [
                    a if a == b else ANY for a, b in zip(template.words, words, strict=True)
                ]
                return template
        made = Template(words, line.level, 0, line.at, line.at, line.text)
        leaf.append(made)
        self.templates.append(made)
        return made


def _masked(head: str, refusal: re.Match[str] | None) -> str:
    if refusal is None:
        return _MASKS.sub(_mask, head)
    before, after = head[: refusal.start(1)], head[refusal.end(1) :]
    return f"{_MASKS.sub(_mask, before)}{refusal[1]}{_MASKS.sub(_mask, after)}"


def _mask(found: re.Match[str]) -> str:
    return _SHOWN.get(found.lastgroup or "", "<n>")
