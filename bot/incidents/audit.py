"""Checks an incident's trail: whole, signed, and every effect in it warranted."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.domain import events as e
from bot.domain.chain import Flaw, Trail
from bot.domain.seal import Seal
from bot.domain.warrant import unwarranted
from tools.kit.types import Frozen

_HEAD = re.compile(r"(INC-\d+):(\d+):([0-9a-f]{8,64})", re.IGNORECASE)


class Head(Frozen):
    """What somebody holds outside the ledger: a report in Slack says it."""

    incident: str
    entry: int
    digits: str
    """The first of the hash, at least 8."""

    @classmethod
    def parse(cls, text: str) -> Head:
        """`INC-1:12:3f9a1c2b`. Raises ValueError."""
        found = _HEAD.fullmatch(text)
        if not found:
            raise ValueError(f"{text!r} is not a head such as INC-1:12:3f9a1c2b")
        return cls(incident=found[1].upper(), entry=int(found[2]), digits=found[3].lower())


class Audited(Frozen):
    """One trail, and what is wrong with it."""

    incident: str
    entries: int
    unchained: int
    """How many of them are from before chaining."""
    head: str
    flaws: tuple[Flaw, ...]


def audited(
    trail: Trail, seal: Seal, signed_since: int | None, heads: Sequence[Head] = ()
) -> Audited:
    """`signed_since`: number of the last incident from before chaining; None where unknown."""
    number = trail.stream.rpartition("-")[2]
    older = signed_since is None or (number.isdecimal() and int(number) <= signed_since)
    found = trail.flaws(seal, signed_from_first=not older)
    if not trail.entries:
        found.append(Flaw(first=0, last=0, what="the whole trail is gone"))
    found += [flaw for held in heads if (flaw := _differs(trail, held))]
    commits, unreadable = _read(trail)
    return Audited(
        incident=trail.stream,
        entries=len(trail.entries),
        unchained=trail.unchained,
        head=trail.head,
        flaws=(*found, *unreadable, *unwarranted(commits)),
    )


def _differs(trail: Trail, held: Head) -> Flaw | None:
    if held.incident != trail.stream:
        return None
    found = trail.head_at(held.entry)
    if found is None:
        what = f"cut off: there is no entry {held.entry}, whose head is {held.digits}"
    elif not found.startswith(held.digits):
        what = f"written anew: its head is {found[:8]}, and was {held.digits}"
    else:
        return None
    return Flaw(first=held.entry, last=held.entry, what=what)


def _read(trail: Trail) -> tuple[list[tuple[int, list[e.IncidentEvent]]], list[Flaw]]:
    commits, unreadable = [], []
    for entry in trail.entries:
        try:
            commits.append((entry.version, e.load_decisions(entry.body)))
        except (ValueError, TypeError, KeyError):
            what = "holds what no opsbot writes"
            unreadable.append(Flaw(first=entry.version, last=entry.version, what=what))
    return commits, unreadable
