"""Everything a storm's views may look at: a row for each incident, and who is called for it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.domain.incident import Call, Incident
from bot.domain.values import Severity
from bot.slack.scene import Stage
from bot.slack.views.text import People
from tools.kit.types import Frozen

_STALE = timedelta(minutes=30)
"""After which a call for the storm stands for no new ones: who it woke may sleep again."""


class Row(Frozen):
    """One incident of a storm."""

    incident: str
    title: str
    severity: Severity
    stage: Stage
    opened_at: datetime | None
    resolved_at: datetime | None = None
    taken_by: str | None = None
    link: str = ""
    """To its own card, where it has one."""
    has_card: bool = False


class Shared(Frozen):
    """A call of one incident that is made for it in the storm's thread."""

    incident: str
    number: int
    call: Call
    answered_at: datetime | None = None
    """When somebody did something in the incident, or it was over."""


class Ring(Frozen):
    """One message that calls people for all of a storm."""

    id: str
    calls: tuple[Shared, ...]
    """What it stands for, the first that called these people before the others."""
    people: tuple[str, ...] = ()
    """User ids, where the names had to be looked up."""
    instead: str = ""
    direct: tuple[str, ...] = ()
    """Who is told of it directly, too."""
    until: datetime | None = None
    """When the next in line is called."""

    @property
    def first(self) -> Shared:
        return self.calls[0]

    @property
    def answered(self) -> bool:
        return all(shared.answered_at is not None for shared in self.calls)


class StormScene(Frozen):
    id: str
    rows: tuple[Row, ...]
    rings: tuple[Ring, ...]
    people: People
    link: str = ""
    """To the storm's own card."""

    @property
    def open(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.resolved_at is None)


def shared(incident: Incident, number: int, call: Call) -> Shared:
    reacted = incident.reacted_at
    answered = reacted if reacted and reacted > call.at else incident.resolved_at
    return Shared(incident=incident.id, number=number, call=call, answered_at=answered)


def rings(calls: Iterable[Shared]) -> list[Ring]:
    """One for each rung and for those who weren't called on it yet.

    What comes within half an hour adds to it in silence, unless all of it was answered by then.
    """
    latest: dict[tuple[int, str], int] = {}
    found: list[list[Shared]] = []
    names: list[str] = []
    for each in sorted(calls, key=lambda s: (s.call.at, s.incident, s.number)):
        rung, to = each.call.rung, each.call.to or ("",)
        standing = {latest[rung, name] for name in to if (rung, name) in latest}
        fresh = {n for n in standing if _stands_for(found[n], each)}
        new = [name for name in to if latest.get((rung, name)) not in fresh]
        for number in fresh:
            found[number].append(each)
        if new:
            latest |= {(rung, name): len(found) for name in new}
            found.append([each])
            names.append(f"call:{rung}:{new[0]}")
    return [
        Ring(id=_numbered(names, number), calls=tuple(those)) for number, those in enumerate(found)
    ]


def _stands_for(ring: list[Shared], call: Shared) -> bool:
    if call.call.at - ring[0].call.at > _STALE:
        return False
    return any(each.answered_at is None or each.answered_at > call.call.at for each in ring)


def _numbered(names: list[str], number: int) -> str:
    before = names[:number].count(names[number])
    return f"{names[number]}:{before + 1}" if before else names[number]
