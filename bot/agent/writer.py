"""The communication agent: the same incident in the right words for each reader."""

from __future__ import annotations

import logging

from pydantic import BaseModel, ConfigDict, Field

from bot.agent.budget import BudgetSpentError
from bot.agent.data import fenced
from bot.agent.fieldwork import Fieldwork
from bot.agent.loop import Loop
from bot.agent.model import ModelAwayError, ModelRejectedError
from bot.agent.model_agent import Means
from bot.agent.prompts import prompt
from bot.agent.toolbox import Toolbox
from bot.agent.transcript import Transcript
from bot.domain.incident import Incident
from bot.domain.values import Words
from bot.incidents.readings import Readings
from bot.policy.inventory import Inventory
from bot.redaction.redactor import RedactionFailedError
from tools.kit.catalog import Catalog

log = logging.getLogger(__name__)
AGENT = "words"


class DraftedWords(BaseModel):
    """The three texts."""

    model_config = ConfigDict(extra="forbid")

    summary: str = Field(description="For an engineer who joins now.", max_length=800)
    stakeholders: str = Field(description="For colleagues in other teams.", max_length=600)
    status_page: str = Field(description="For customers.", max_length=450)


class CommunicationAgent:
    """Drafts by the model where there is one, plainly by rule where not. Sends nothing."""

    def __init__(self, means: Means | None, readings: Readings, inventory: Inventory) -> None:
        self._means = means
        self._readings = readings
        self._inventory = inventory

    async def draft(self, incident: Incident) -> Words:
        if self._means:
            try:
                return await self._by_model(self._means, incident)
            except (
                ModelAwayError,
                ModelRejectedError,
                BudgetSpentError,
                RedactionFailedError,
            ) as error:
                log.warning("%s: words by rule, for %s", incident.id, error)
        return plain_words(incident, self._inventory)

    async def _by_model(self, means: Means, incident: Incident) -> Words:
        nothing = Catalog(())
        work = Fieldwork(incident, means.ledger, self._readings, nothing, means.clock)
        transcript = Transcript(incident.id, AGENT, means.ledger, means.clock)
        await transcript.load()
        loop = Loop(
            means.model,
            prompt("words"),
            Toolbox(
                nothing, work, means.redactor, may_propose=False, end=DraftedWords, end_name="draft"
            ),
            transcript,
            means.budget.model_copy(update={"turns": 2}),
            means.spending,
            means.clock,
            incident=incident.id,
            end=DraftedWords,
            check=lambda _: None,
        )
        told = fenced("incident", _told(incident, self._inventory))
        drafted = await loop.run(means.redactor.clean(told))
        return Words(**drafted.model_dump())


def plain_words(incident: Incident, inventory: Inventory) -> Words:
    """The three texts by rule alone: dull, and true."""
    reached = incident.diagnosis
    since = f"{incident.opened_at:%H:%M} UTC" if incident.opened_at else "now"
    if reached and reached.cause:
        cause = f"Likely cause ({reached.confidence} confidence): {reached.cause}."
    else:
        cause = "The cause is not known."
    effect = " ".join(_impacts(incident, inventory)) or f"{incident.service} is affected."
    doing = "A fix is proposed." if incident.fixes else "People are looking into it."
    return Words(
        summary=f"{incident.title}, since {since}. {cause} {doing}",
        stakeholders=f"Since {since}: {effect} {doing} The next update follows in the thread.",
        status_page="Some functions may be slow or show stale data. We are working on it.",
    )


def _told(incident: Incident, inventory: Inventory) -> str:
    plain = plain_words(incident, inventory)
    reached = incident.diagnosis
    unknown = "; ".join(reached.not_known) if reached else ""
    return "\n".join(
        [
            plain.summary,
            f"Effect: {' '.join(_impacts(incident, inventory)) or 'not described'}",
            f"Not known: {unknown or 'nothing noted'}",
            f"Severity: {incident.severity}. Services: {', '.join(sorted(incident.services))}",
        ]
    )


def _impacts(incident: Incident, inventory: Inventory) -> list[str]:
    """What users notice, as the services' owners wrote it."""
    known = (inventory.services.get(name) for name in sorted(incident.services))
    return [entry.impact for entry in known if entry and entry.impact]
