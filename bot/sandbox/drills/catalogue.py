"""All drills, and those that a person asks for."""

from __future__ import annotations

from collections.abc import Sequence

from bot.sandbox.drills.drill import Drill
from bot.sandbox.drills.follower import FOLLOWER
from bot.sandbox.drills.matrix import MATRIX
from bot.sandbox.drills.outage import OUTAGE
from bot.sandbox.drills.particular import PARTICULAR
from bot.sandbox.drills.pushback import PUSHBACK
from bot.sandbox.drills.question import QUESTIONS
from bot.sandbox.drills.storm import RATES, STORM
from bot.sandbox.drills.takeover import TAKEOVERS

DRILLS: dict[str, Drill] = {
    drill.name: drill
    for drill in (
        *TAKEOVERS,
        OUTAGE,
        RATES,
        FOLLOWER,
        STORM,
        PUSHBACK,
        *QUESTIONS,
        *PARTICULAR,
        *MATRIX,
    )
}
"""By name; those that take longest first, so that none of them is left over at the end."""


class UnknownDrillError(Exception):
    """There is no such drill."""


def choose(wanted: Sequence[str]) -> list[Drill]:
    """Those of these points or names; all where none is named. Raises UnknownDrillError."""
    for name in wanted:
        if not any(name in (drill.name, drill.point) for drill in DRILLS.values()):
            raise UnknownDrillError(f"there is no drill {name!r}; `opsbot drill --list` tells them")
    return [
        drill
        for drill in DRILLS.values()
        if not wanted or drill.name in wanted or drill.point in wanted
    ]
