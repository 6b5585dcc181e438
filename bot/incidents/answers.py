"""Which incident a question is about, and the record of what was answered."""

from __future__ import annotations

import re

from bot.domain import events as e
from bot.domain.incident import Incident
from bot.domain.ports import Clock, Ledger
from bot.incidents.intent import is_cue
from bot.incidents.likeness import alike
from bot.incidents.question import Question

_LOOKED_AT = 50


class Answers:
    """Finds the incident by thread, id or words; the answer is kept with it."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    async def matches(self, question: Question) -> list[Incident]:
        """The incident asked about; several where the words fit several, open ones first.

        Words that name nothing ("what are you doing?") are about whatever is open.
        """
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
        if not asked and question.talked_of:
            return [await self._ledger.load(question.talked_of)]
        if not asked:
            return [i for i in recent if i.exists and i.resolved_at is None]
        scored = [(_shared(asked, _words(_about(i))), i) for i in recent if i.exists]
        best = max((score for score, _ in scored), default=0)
        if best == 0:
            return [await self._ledger.load(question.talked_of)] if question.talked_of else []
        found = [i for score, i in scored if score == best]
        still_open = [i for i in found if i.resolved_at is None]
        return still_open or found[:1]

    async def given(self, question: Question) -> Incident | None:
        """The incident for whoever thinks about the question. What a chat may hear of was settled
        where it was asked, and nothing else is looked up for it; a terminal hears of all.
        """
        if question.channel:
            return await self.load(question.incident) if question.incident else None
        found = await self.matches(question)
        return found[0] if found else None

    async def load(self, incident_id: str) -> Incident:
        return await self._ledger.load(incident_id)

    async def work(self, stream: str) -> list[e.WorkEvent]:
        """What was seen and said in an incident, or under a question outside any."""
        return await self._ledger.work(stream)

    async def carry(self, stream: str, incident_id: str) -> None:
        """Take what was seen for a question into the incident that came of it.

        Under names of its own: an investigation looks at it all again, and afresh.
        """
        seen: list[e.WorkEvent] = []
        for event in await self._ledger.work(stream):
            if isinstance(event, e.CheckStarted):
                seen.append(event.model_copy(update={"check": f"{stream}/{event.check}"}))
            elif isinstance(event, e.EvidenceRecorded):
                own = {"id": f"{stream}/{event.id}", "check": f"{stream}/{event.check}"}
                seen.append(event.model_copy(update=own))
        if seen:
            await self._ledger.note(incident_id, *seen)

    async def give(self, question: Question, incident_id: str, answer: str) -> None:
        """Keep the answer; it is shown where it was asked, once."""
        await self._ledger.note(incident_id, self.as_given(question, answer))

    def as_given(self, question: Question, answer: str) -> e.QuestionAnswered:
        """What is kept of an answer, given now."""
        return e.QuestionAnswered(
            at=self._clock(),
            actor=question.by,
            id=question.id,
            channel=question.channel,
            thread_ts=question.thread_ts,
            question=question.text,
            answer=answer,
        )


_COMMON_WORDS = (
    "a about all an and any are as at be been but by can could did do does for from get give go"
    " going had has have he hello help her hey hi how i if in into is it its itself just know let"
    " like many may me might much my not of off ok okay on or our out please pls really she so some"
    " still tell than thanks that the their them then there these they thing things this those to"
    " today up us was we were what when where which while who whom why will with would yes yet you"
    " your failing failed fail down incident incidents issue problem going alert inc"
)
_COMMON = frozenset(_COMMON_WORDS.split())


def _words(text: str) -> frozenset[str]:
    found = re.findall(r"[a-z0-9]+", text.lower())
    return frozenset(word for word in found if word not in _COMMON and not is_cue(word))


def _shared(asked: frozenset[str], about: frozenset[str]) -> int:
    return sum(word in about or any(alike(word, other) for other in about) for word in asked)


def _about(incident: Incident) -> str:
    alert = next(iter(incident.alerts.values()))
    return " ".join([incident.title, incident.service, *alert.labels.values()])
