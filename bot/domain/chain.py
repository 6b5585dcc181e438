"""The hash chain of a stream: each entry vouches for all before it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from bot.domain.seal import Seal
from tools.kit.types import Frozen

_EDITED = "edited after it was written"
_EDITED_BEFORE = "it, or one from before chaining, was edited"
_MISSING = "missing"
_UNSIGNED = "not signed, though chaining had begun"
_FORGED = "written anew by someone without the audit key"


class Entry(Frozen):
    """One entry of a stream, as it is stored."""

    version: int
    body: str
    hash: str = ""
    """Empty: from before chaining."""
    seal: str = ""


class Flaw(Frozen):
    """What is wrong with a trail, and in which entries."""

    first: int
    last: int
    what: str


class Trail(Frozen):
    """A whole stream. Entries from before chaining stand at its beginning or nowhere."""

    stream: str
    entries: tuple[Entry, ...]
    last: int
    """The highest version that the store ever gave out in it."""

    @property
    def head(self) -> str:
        return head(self.stream, self.entries)

    def head_at(self, version: int) -> str | None:
        """What it was after that entry; None where there is no such entry."""
        until = [entry for entry in self.entries if entry.version <= version]
        return head(self.stream, until) if until and until[-1].version == version else None

    @property
    def unchained(self) -> int:
        """How many entries are from before chaining; the first signed one vouches for them."""
        return next((n for n, e in enumerate(self.entries) if e.hash or e.seal), len(self.entries))

    def flaws(self, seal: Seal, *, signed_from_first: bool) -> list[Flaw]:
        """Everything that shows tampering, in order; like neighbours are one.

        `signed_from_first`: it began after chaining did, so none of it may be unsigned.
        """
        found: list[tuple[int, str]] = []
        before, at = "", 0
        broken = False
        unchained = 0 if signed_from_first else self.unchained
        for number, entry in enumerate(self.entries):
            gap = range(at + 1, entry.version)
            found += [(missing, _MISSING) for missing in gap]
            broken = broken or bool(gap)
            expected = link(self.stream, before, entry.version, entry.body)
            if number >= unchained:
                what = self._flaw(entry, expected, seal, follows=number, unchained=unchained)
                # Behind a hash that isn't ours a genuine entry can't match, and isn't at fault.
                genuine = what in (None, _EDITED, _EDITED_BEFORE)
                if what and not (broken and genuine):
                    found.append((entry.version, what))
                broken = not genuine
            before, at = entry.hash or expected, entry.version
        found += [(missing, _MISSING) for missing in range(at + 1, self.last + 1)]
        return _joined(found)

    def _flaw(
        self, entry: Entry, expected: str, seal: Seal, *, follows: int, unchained: int
    ) -> str | None:
        made = seal.made(entry.seal, self.stream, entry.version, entry.hash)
        if entry.hash != expected and made == "ours":
            return _EDITED_BEFORE if unchained and follows == unchained else _EDITED
        if made == "ours":
            return None
        if made == "nothing" or not entry.hash:
            return _UNSIGNED
        if made == "by another key":
            return f"signed with another audit key ({entry.seal.partition(':')[0][:8]!r})"
        for place in range(1, self.last + 1):
            if seal.made(entry.seal, self.stream, place, entry.hash) == "ours":
                return f"out of its place: it was written as entry {place}"
        return _FORGED


def link(stream: str, previous: str, version: int, body: str) -> str:
    """The hash of an entry: over the one before it, its place and its text as it is stored."""
    return hashlib.sha256(f"{previous}\n{stream}\n{version}\n{body}".encode()).hexdigest()


def head(stream: str, entries: Iterable[Entry]) -> str:
    """What the next entry follows; over the texts alone where they are from before chaining."""
    last = ""
    for entry in entries:
        last = entry.hash or link(stream, last, entry.version, entry.body)
    return last


def chained(stream: str, previous: str, version: int, body: str, seal: Seal | None) -> Entry:
    """The entry that follows the head `previous`."""
    hashed = link(stream, previous, version, body)
    signed = seal.of(stream, version, hashed) if seal else ""
    return Entry(version=version, body=body, hash=hashed, seal=signed)


def _joined(found: list[tuple[int, str]]) -> list[Flaw]:
    flaws: list[Flaw] = []
    for entry, what in found:
        if flaws and flaws[-1].what == what and flaws[-1].last == entry - 1:
            flaws[-1] = flaws[-1].model_copy(update={"last": entry})
        else:
            flaws.append(Flaw(first=entry, last=entry, what=what))
    return flaws
