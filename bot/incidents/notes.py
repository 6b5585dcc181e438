"""A person puts something on an incident's timeline, often a message of others."""

from __future__ import annotations

from bot.domain import commands as c
from bot.domain.ports import Directory
from bot.domain.refusals import CommandRefusedError
from bot.incidents.service import Incidents

_TEXT = 3000


class Notes:
    """The same message is noted once in an incident, whoever sends it how often."""

    def __init__(self, incidents: Incidents, directory: Directory) -> None:
        self._incidents = incidents
        self._directory = directory

    async def require(self, user: str) -> None:
        """Raises CommandRefusedError for guests and bots."""
        if not await self._directory.eligible(user):
            raise CommandRefusedError("only full members of the workspace can add to a timeline")

    async def add(
        self, incident_id: str, user: str, text: str, *, author: str = "", url: str = ""
    ) -> bool:
        """Note `text`, which `author` wrote and which stands at `url`; False where that address
        was noted before. Raises CommandRefusedError.
        """
        await self.require(user)
        before = await self._incidents.ledger.load(incident_id)
        if url and any(note.url == url for note in before.notes):
            return False
        note = c.AddNote(
            at=self._incidents.clock(),
            actor=user,
            text=text.strip()[:_TEXT],
            author="" if author == user else author,
            url=url,
        )
        await self._incidents.handle(incident_id, note)
        return True
