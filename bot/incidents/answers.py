"""Which incident a question is about, and the record of what was answered."""

from __future__ import annotations

import re

from bot.domain import events as e
from bot.domain.incident import Incident
from bot.domain.ports import Clock, Ledger
from bot.incidents.question import Question

_LOOKED_AT = 50


class Answers:
    """Finds the incident by thread, id or words; the answer is kept with it."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    async def matches(self, question: Question) -> list[Incident]:
        """The incident asked about; several where the words fit several, open ones first."""
        if question.incident:
            return [await self._ledger.load(question.incident)]
        named = re.search(r"\bINC-\d+\b", question.text, re.IGNORECASE)
        if named:
            incident = await self._ledger.load(named[0].upper())
            return [incident] if incident.exists else []
        recent = [
            await self._ledger.load(i) for i in await self._ledger.recent_incidents(_LOOKED_AT)
        ]
        asked = _words(question.text)
        scored = [(len(asked & _words(_about(i))), i) for i in recent]
        best = max((score for score, _ in scored), default=0)
        if best == 0:
            return []
        found = [i for score, i in scored if score == best]
        still_open = [i for i in found if i.resolved_at is None]
        return still_open or found[:1]

    async def give(self, question: Question, incident_id: str, answer: str) -> None:
        """Keep the answer; it is shown where it was asked, once."""
        await self._ledger.note(
            incident_id,
            e.QuestionAnswered(
                at=self._clock(),
                actor=question.by,
                id=question.id,
                channel=question.channel,
                thread_ts=question.thread_ts,
                question=question.text,
                answer=answer,
            ),
        )


_COMMON_WORDS = (
    "a an and are at by did do does for happened how in is it job of on so the to "
    "was what when where which who why with failing failed fail broken down"
)
_COMMON = frozenset(_COMMON_WORDS.split())


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9]+", text.lower())) - _COMMON


def _about(incident: Incident) -> str:
    alert = next(iter(incident.alerts.values()))
    return " ".join([incident.title, incident.service, *alert.labels.values()])
