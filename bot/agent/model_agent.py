"""The investigator with a model: it starts where the runbook ends, and can do no more than it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256

from bot.agent.brief import brief
from bot.agent.budget import Budget, Spending
from bot.agent.conclusion import Conclude, UncitedError, accept, diagnose
from bot.agent.context import sizes
from bot.agent.data import fenced
from bot.agent.loop import Loop
from bot.agent.model import Model
from bot.agent.prompts import prompt
from bot.agent.remedy import follow_ups, runbook_plan, spelt_out, wished_plan
from bot.agent.survey import Survey, Surveyor, again_prefix
from bot.agent.toolbox import Toolbox
from bot.agent.transcript import Transcript
from bot.domain.incident import Incident
from bot.domain.ports import Clock, Draft, Ledger
from bot.domain.values import Alert, PlanDraft
from bot.policy.inventory import Inventory
from bot.policy.template import MissingValue
from bot.redaction.redactor import Redactor
from tools.kit.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Means:
    """What every agent with a model works with."""

    model: Model
    ledger: Ledger
    catalog: Catalog
    redactor: Redactor
    budget: Budget
    spending: Spending
    inventory: Inventory
    clock: Clock


@dataclass(frozen=True, slots=True)
class Part:
    """What one agent is for."""

    agent: str
    """Its name in the ledger: its turns are its own."""
    prompt: str
    may_propose: bool
    turns: int
    alert: Alert | None = None
    prefix: str = ""
    """Of its evidence's ids."""
    told: str = ""
    """What it is told beside the incident itself."""


class ModelAgent:
    """Looks further than a runbook, concludes from cited evidence, proposes and never acts."""

    def __init__(self, means: Means, surveyor: Surveyor) -> None:
        self._means = means
        self._surveyor = surveyor

    async def investigate(self, incident: Incident) -> Draft:
        """The whole incident. Raises ModelAwayError, BudgetSpentError."""
        # An incident of other services is thought about anew, by an agent with its own memory.
        others = incident.services - {incident.service}
        mark = mark_of(incident.services)
        part = Part(
            agent=f"main-{mark}" if others else "main",
            prompt="investigator",
            may_propose=True,
            turns=self._means.budget.turns,
            prefix=f"{mark}/" if others else "",
        )
        if incident.looks_again:
            again = f"again{incident.looks_again}"
            part = replace(part, agent=f"{part.agent}-{again}", prefix=f"{again}/{part.prefix}")
        survey = await self._surveyor.survey(incident, prefix=again_prefix(incident))
        return await self.work(incident, part, survey, self._playbook(survey))

    async def look_into(self, incident: Incident, part: Part) -> Draft:
        """One part of a wide incident; its plan is the runbook's, for whoever combines."""
        survey = await self._surveyor.survey(incident, part.alert, part.prefix)
        playbook = self._playbook(survey)
        found = await self.work(incident, part, survey, playbook)
        return Draft(diagnosis=found.diagnosis, plan=playbook)

    async def work(
        self, incident: Incident, part: Part, survey: Survey, playbook: PlanDraft | None
    ) -> Draft:
        """Run the loop on top of what was surveyed."""
        means = self._means
        playbook = spelt_out(playbook, means.catalog) if playbook else None
        shows = sizes(means.model.context_tokens)
        toolbox = Toolbox(
            means.catalog,
            survey.work,
            means.redactor,
            may_propose=part.may_propose,
            prefix=part.prefix,
            shows=shows,
        )
        givers: list[str] = []

        async def hear() -> list[str]:
            hints = (await means.ledger.load(incident.id)).hints
            givers[:] = [hint.actor for hint in reversed(hints)]
            return [means.redactor.clean(fenced("person", hint.text)) for hint in hints]

        transcript = Transcript(incident.id, part.agent, means.ledger, means.clock)
        await transcript.load()
        loop = Loop(
            means.model,
            prompt(part.prompt),
            toolbox,
            transcript,
            means.budget.model_copy(update={"turns": part.turns}),
            means.spending,
            means.clock,
            incident=incident.id,
            end=Conclude,
            check=lambda end: _uncited(end, survey),
            hear=hear,
        )
        words = brief(incident, survey, playbook, means.inventory, shows)
        conclusion = await loop.run(means.redactor.clean(f"{part.told}\n\n{words}".strip()))
        hypotheses = accept(conclusion, survey.work.evidence, strict=False)
        found = survey.playbook
        diagnosis = diagnose(
            conclusion,
            hypotheses,
            survey.work.coverage(),
            playbook.runbook if playbook else None,
        )
        if found and hypotheses:
            tickets = follow_ups(found[0], means.inventory)
            diagnosis = diagnosis.model_copy(update={"follow_ups": tickets})
        wished = toolbox.proposed if hypotheses else []
        plan = wished_plan(wished, playbook, "model")
        return Draft(diagnosis=diagnosis, plan=plan.by(givers) if plan else None)

    def _playbook(self, survey: Survey) -> PlanDraft | None:
        if survey.playbook is None:
            return None
        try:
            return runbook_plan(survey.playbook[0], "model", self._means.inventory)
        except MissingValue:
            return None


def mark_of(names: Iterable[str]) -> str:
    """A short name for just these names, in any order."""
    return sha256("\n".join(sorted(names)).encode()).hexdigest()[:4]


def _uncited(end: Conclude, survey: Survey) -> str | None:
    try:
        accept(end, survey.work.evidence, strict=True)
    except UncitedError as error:
        return str(error)
    return None
