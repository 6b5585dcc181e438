"""The investigator with a model: it starts where the runbook ends, and can do no more than it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.agent.brief import brief
from bot.agent.budget import Budget, Spending
from bot.agent.conclusion import Conclude, UncitedError, accept, diagnose
from bot.agent.loop import Loop
from bot.agent.model import Model
from bot.agent.prompts import prompt
from bot.agent.redaction import Redactor
from bot.agent.remedy import follow_ups, runbook_plan, wished_plan
from bot.agent.survey import Survey, Surveyor
from bot.agent.toolbox import Toolbox
from bot.agent.transcript import Transcript
from bot.domain.incident import Incident
from bot.domain.ports import Clock, Draft, Ledger
from bot.domain.values import PlanDraft
from bot.policy.inventory import Inventory
from bot.policy.template import MissingValue
from tools.kit.catalog import Catalog

MAIN = "main"


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


class ModelAgent:
    """Looks further than a runbook, concludes from cited evidence, proposes and never acts."""

    def __init__(self, means: Means, surveyor: Surveyor) -> None:
        self._means = means
        self._surveyor = surveyor

    async def investigate(self, incident: Incident) -> Draft:
        """Raises ModelAwayError, BudgetSpentError."""
        survey = await self._surveyor.survey(incident)
        playbook = _playbook(survey)
        means = self._means
        toolbox = Toolbox(means.catalog, survey.work, means.redactor, may_propose=True)
        transcript = Transcript(incident.id, MAIN, means.ledger, means.clock)
        await transcript.load()
        loop = Loop(
            means.model,
            prompt("investigator"),
            toolbox,
            transcript,
            means.budget,
            means.spending,
            means.clock,
            incident=incident.id,
            end=Conclude,
            check=lambda end: _uncited(end, survey),
        )
        words = brief(incident, survey, playbook, means.inventory)
        conclusion = await loop.run(means.redactor.clean(words))
        hypotheses = accept(conclusion, survey.work.evidence, strict=False)
        found = survey.playbook
        diagnosis = diagnose(
            conclusion,
            hypotheses,
            survey.work.coverage(),
            found[0].runbook.ref if found else None,
        )
        if found and hypotheses:
            diagnosis = diagnosis.model_copy(
                update={"follow_ups": follow_ups(found[0], means.inventory)}
            )
        plan = wished_plan(toolbox.proposed, playbook, "model") if hypotheses else None
        return Draft(diagnosis=diagnosis, plan=plan)


def _playbook(survey: Survey) -> PlanDraft | None:
    if survey.playbook is None:
        return None
    try:
        return runbook_plan(survey.playbook[0], "model")
    except MissingValue:
        return None


def _uncited(end: Conclude, survey: Survey) -> str | None:
    try:
        accept(end, survey.work.evidence, strict=True)
    except UncitedError as error:
        return str(error)
    return None


