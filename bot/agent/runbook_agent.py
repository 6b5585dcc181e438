"""The investigator that needs no model: it believes the first runbook whose cause holds."""

from __future__ import annotations

from bot.agent.remedy import follow_ups, runbook_plan
from bot.agent.survey import Survey, Surveyor, again_prefix
from bot.domain.incident import Incident
from bot.domain.ports import Draft
from bot.domain.values import Alert, Diagnosis, Hypothesis, cap
from bot.knowledge.reasoning import FoundCause, Reasoning
from bot.policy.inventory import Inventory
from bot.policy.template import MissingValue


class RunbookAgent:
    """Free and always there. What no runbook knows, it only gathers."""

    def __init__(self, surveyor: Surveyor, inventory: Inventory) -> None:
        self._surveyor = surveyor
        self._inventory = inventory

    async def investigate(self, incident: Incident) -> Draft:
        return await self.look_into(incident, prefix=again_prefix(incident))

    async def look_into(
        self, incident: Incident, alert: Alert | None = None, prefix: str = ""
    ) -> Draft:
        """One alert of the incident; `prefix` begins the ids of its evidence."""
        survey = await self._surveyor.survey(incident, alert, prefix)
        if survey.playbook is None:
            return Draft(diagnosis=_inconclusive(survey))
        return self._draft(survey, *survey.playbook)

    def _draft(self, survey: Survey, reasoning: Reasoning, cause: FoundCause) -> Draft:
        coverage = survey.work.coverage(tuple(reasoning.skipped()))
        missing: tuple[str, ...] = ()
        try:
            plan = runbook_plan(reasoning, "runbook", self._inventory)
            plan = plan.by(survey.hinted.get(reasoning.runbook.id, ())) if plan else None
        except MissingValue as error:
            plan, missing = None, (str(error),)
        gaps = coverage.failed or coverage.not_configured
        diagnosis = Diagnosis(
            by="runbook",
            hypotheses=(
                Hypothesis(
                    cause=cause.cause,
                    confidence=cap(cause.confidence, "medium") if gaps else cause.confidence,
                    supported_by=cause.supported_by,
                    against=cause.against,
                ),
            ),
            not_known=(*cause.not_known, *missing),
            ruled_out=tuple(f"{o.cause} ({o.why})" for o in reasoning.ruled_out()),
            coverage=coverage,
            runbook=reasoning.runbook.ref,
            follow_ups=follow_ups(reasoning, self._inventory),
        )
        return Draft(diagnosis=diagnosis, plan=plan)


def _inconclusive(survey: Survey) -> Diagnosis:
    tried = survey.tried
    why = (
        "Which cause it is: none that the runbooks know holds"
        if tried
        else "The cause: no runbook is for this alert"
    )
    return Diagnosis(
        by="sweep",
        not_known=(why,),
        ruled_out=tuple(o.cause for r in tried for o in r.ruled_out()),
        coverage=survey.work.coverage(tuple(s for r in tried for s in r.skipped())),
        runbook=tried[0].runbook.ref if tried else None,
    )
