"""What people think of opsbot's words, kept with the incident."""

from __future__ import annotations

from bot.domain import events as e
from bot.domain.ports import Clock, Directory, Ledger
from bot.domain.refusals import CommandRefusedError

_LONGEST_REASON = 500


class Feedback:
    """Anybody in the workspace may give it; it decides nothing."""

    def __init__(self, ledger: Ledger, directory: Directory, clock: Clock) -> None:
        self._ledger = ledger
        self._directory = directory
        self._clock = clock

    async def give(
        self, incident_id: str, about: str, user: str, *, helpful: bool, reason: str = ""
    ) -> None:
        """Raises CommandRefusedError for what opsbot never said there, and for who is a guest."""
        if not await self._directory.eligible(user):
            raise CommandRefusedError("only full members of the workspace can give feedback")
        if not await self._was_said(incident_id, about):
            raise CommandRefusedError(f"there is nothing like {about!r} in {incident_id}")
        await self._ledger.note(
            incident_id,
            e.FeedbackGiven(
                at=self._clock(),
                actor=user,
                about=about,
                helpful=helpful,
                reason=reason[:_LONGEST_REASON],
            ),
        )

    async def _was_said(self, incident_id: str, about: str) -> bool:
        if about == "diagnosis":
            return (await self._ledger.load(incident_id)).diagnosis is not None
        work = await self._ledger.work(incident_id)
        answers = (w for w in work if isinstance(w, e.QuestionAnswered))
        return about in {f"answer:{answer.id}" for answer in answers}
