"""A person steers the investigation, as one more witness and never as an authority."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from bot.domain import commands as c
from bot.domain.hints import fix_under_way
from bot.domain.incident import Incident
from bot.domain.ports import Directory
from bot.domain.refusals import CommandRefusedError
from bot.incidents.service import Incidents
from tools.kit.types import Frozen

Usable = Callable[[Incident, str], bool]
"""Whether whoever investigates can make anything of a hint."""
_LONGEST = 500


class Taken(Frozen):
    """What became of a hint."""

    how: Literal["running", "again", "waits", "kept", "enough"]
    """`running`: an investigation hears it; `again`: another begins; `waits`: a fix is under way;
    `kept`: nobody can use it; `enough`: it was looked into anew too often."""
    incident: Incident


class Hints:
    """A plan that follows from a hint is its giver's: it asks, and they can't approve it alone."""

    def __init__(self, incidents: Incidents, directory: Directory, usable: Usable) -> None:
        self._incidents = incidents
        self._directory = directory
        self._usable = usable

    async def give(self, incident_id: str, user: str, text: str) -> Taken:
        """Raises CommandRefusedError for guests and bots, and where nobody looks any more."""
        if not await self._directory.eligible(user):
            raise CommandRefusedError("only full members of the workspace can give hints")
        words = " ".join(text.split())[:_LONGEST]

        def command(incident: Incident) -> c.GiveHint:
            return c.GiveHint(
                at=self._incidents.clock(),
                actor=user,
                text=words,
                usable=self._usable(incident, words),
            )

        before = await self._incidents.ledger.load(incident_id)
        after = await self._incidents.handle(incident_id, command)
        return Taken(how=self._became(before, after, words), incident=after)

    def _became(
        self, before: Incident, after: Incident, words: str
    ) -> Literal["running", "again", "waits", "kept", "enough"]:
        if after.hints and after.hints[-1].again:
            return "again"
        if not self._usable(before, words):
            return "kept"
        if after.diagnosis is None:
            return "running"
        return "waits" if fix_under_way(after) else "enough"
