"""Answers a question: from the incident it is about, and with a model from further looks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from pydantic import BaseModel, ConfigDict, Field

from bot.agent.brief import brief
from bot.agent.context import sizes
from bot.agent.data import fenced
from bot.agent.fieldwork import Fieldwork
from bot.agent.loop import Loop
from bot.agent.model_agent import Means
from bot.agent.prompts import prompt
from bot.agent.survey import Survey
from bot.agent.toolbox import Toolbox
from bot.agent.transcript import Transcript
from bot.domain.incident import Incident
from bot.incidents.question import Question
from bot.incidents.readings import Readings

_TURNS = 6


class StoppedThinkingError(Exception):
    """A person ended the thinking; nothing was changed."""


class Answer(BaseModel):
    """Answer the question."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(description="The answer, at most 1,200 characters.", max_length=3_000)
    evidence: list[str] = Field(description="Ids of the evidence it rests on; may be empty.")


class Asking:
    """Read-only: it can look at everything the tools show, and propose nothing."""

    def __init__(
        self, means: Means, readings: Readings, stopped: Callable[[str], Awaitable[object]]
    ) -> None:
        """`stopped`: whether somebody has ended the thinking about the question of that id."""
        self._means = means
        self._readings = readings
        self._stopped = stopped

    async def answer(self, question: Question, incident: Incident | None) -> str:
        """Words for the person. Raises ModelAwayError, BudgetSpentError, StoppedThinkingError."""

        async def hear() -> tuple[str, ...]:
            if await self._stopped(question.id):
                raise StoppedThinkingError(question.id)
            return ()

        means = self._means
        stream = incident or Incident(id=f"ASK-{question.id}")
        work = Fieldwork(stream, means.ledger, self._readings, means.catalog, means.clock)
        agent = f"ask-{question.id}"
        await work.resume("" if incident else f"{agent}/")
        transcript = Transcript(stream.id, agent, means.ledger, means.clock)
        await transcript.load()
        loop = Loop(
            means.model,
            prompt("answer"),
            Toolbox(
                means.catalog,
                work,
                means.redactor,
                may_propose=False,
                prefix=f"{agent}/",
                end=Answer,
                end_name="answer",
                shows=sizes(means.model.context_tokens),
            ),
            transcript,
            means.budget.model_copy(update={"turns": _TURNS}),
            means.spending,
            means.clock,
            incident=stream.id,
            end=Answer,
            check=lambda _: None,
            plain=lambda text: Answer(text=text[:3_000], evidence=[]),
            hear=hear,
        )
        told = self._told(question, incident, work)
        given = await loop.run(means.redactor.clean(told))
        return means.redactor.clean(given.text)

    def _told(self, question: Question, incident: Incident | None, work: Fieldwork) -> str:
        asked = f"Question:\n{fenced('person', question.text)}"
        if incident is None:
            return asked
        alert = (incident.firing or tuple(incident.alerts.values()))[0]
        survey = Survey(alert, work, ())
        reached = incident.diagnosis
        known = f"Diagnosis so far: {reached.cause} ({reached.confidence})." if reached else ""
        shows = sizes(self._means.model.context_tokens)
        words = brief(incident, survey, None, self._means.inventory, shows)
        return "\n\n".join(part for part in (asked, known, words) if part)
