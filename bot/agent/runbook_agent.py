"""The investigator that needs no model: it runs a runbook's own checks, or sweeps."""

from __future__ import annotations

from collections.abc import Sequence

from bot.agent.fieldwork import Fieldwork, Look
from bot.agent.sweep import sweep_finding, sweep_looks
from bot.domain.incident import Incident
from bot.domain.ports import Clock, Draft, Ledger
from bot.domain.values import (
    Alert,
    Confidence,
    Diagnosis,
    FollowUp,
    Hypothesis,
    Intended,
    PlanDraft,
    cap,
)
from bot.incidents.readings import Readings
from bot.knowledge.matching import match
from bot.knowledge.progress import CheckResult
from bot.knowledge.reasoning import FoundCause, Reasoning
from bot.knowledge.runbook import Runbook
from bot.policy.inventory import Inventory
from bot.policy.template import MissingValue
from tools.kit.catalog import Catalog
from tools.kit.types import Evidence

_MOST_RUNBOOKS = 3


class RunbookAgent:
    """Diagnoses by the first runbook whose causes hold. What no runbook knows, it only gathers."""

    def __init__(
        self,
        ledger: Ledger,
        readings: Readings,
        catalog: Catalog,
        runbooks: Sequence[Runbook],
        inventory: Inventory,
        clock: Clock,
    ) -> None:
        self._ledger = ledger
        self._readings = readings
        self._catalog = catalog
        self._runbooks = runbooks
        self._inventory = inventory
        self._clock = clock

    async def investigate(self, incident: Incident) -> Draft:
        alert = (incident.firing or tuple(incident.alerts.values()))[0]
        work = Fieldwork(incident, self._ledger, self._readings, self._catalog, self._clock)
        await work.resume()
        playbooks = [m.runbook for m in match(alert, self._runbooks) if m.is_playbook]
        tried: list[Reasoning] = []
        for runbook in playbooks[:_MOST_RUNBOOKS]:
            reasoning = await self._follow(runbook, alert, work)
            tried.append(reasoning)
            cause = reasoning.cause()
            if cause and cause.supported_by:
                return self._draft(reasoning, cause, work)
        await work.take(sweep_looks(alert, self._inventory), sweep_finding)
        return Draft(diagnosis=_inconclusive(tried, work))

    async def _follow(self, runbook: Runbook, alert: Alert, work: Fieldwork) -> Reasoning:
        """Take the runbook's checks, all that can be at once, until none is left."""
        reasoning = Reasoning.start(runbook, alert)
        while checks := reasoning.next_checks():
            looks = [
                Look(id=f"{runbook.id}.{c.id}", title=c.title, tool=c.tool, params=c.params)
                for c in checks
            ]

            def read(look: Look, evidence: Evidence, so_far: Reasoning = reasoning) -> str:
                check_id = look.id.partition(".")[2]
                result = CheckResult(check_id=check_id, evidence=evidence, evidence_id=look.id)
                return so_far.read(result).finding(check_id)

            found = await work.take(looks, read)
            reasoning = reasoning.read(
                *(
                    CheckResult(
                        check_id=look.id.partition(".")[2],
                        evidence=found[look.id],
                        evidence_id=look.id,
                    )
                    for look in looks
                )
            )
        return reasoning

    def _draft(self, reasoning: Reasoning, cause: FoundCause, work: Fieldwork) -> Draft:
        runbook = reasoning.runbook
        coverage = work.coverage(tuple(reasoning.skipped()))
        try:
            plan = self._plan(reasoning)
            missing: tuple[str, ...] = ()
        except MissingValue as error:
            plan, missing = None, (str(error),)
        confidence: Confidence = cause.confidence
        if coverage.failed or coverage.not_configured:
            confidence = cap(confidence, "medium")
        diagnosis = Diagnosis(
            by="runbook",
            hypotheses=(
                Hypothesis(
                    cause=cause.cause,
                    confidence=confidence,
                    supported_by=cause.supported_by,
                    against=cause.against,
                ),
            ),
            not_known=(*cause.not_known, *missing),
            ruled_out=tuple(f"{o.cause} ({o.why})" for o in reasoning.ruled_out()),
            coverage=coverage,
            runbook=runbook.ref,
            follow_ups=tuple(
                FollowUp(
                    summary=f.summary,
                    description=f.description,
                    owners=self._inventory.owners_of(f.owner_of) if f.owner_of else (),
                    project=f.project,
                )
                for f in reasoning.follow_ups()
            ),
        )
        return Draft(diagnosis=diagnosis, plan=plan)

    def _plan(self, reasoning: Reasoning) -> PlanDraft | None:
        steps = reasoning.steps()
        if not steps:
            return None
        return PlanDraft(
            steps=tuple(Intended(tool=s.tool, params=s.params, cites=s.cites) for s in steps),
            guards=reasoning.guards(),
            verify=reasoning.verify_checks(),
            verify_within=reasoning.verify_within(),
            runbook=reasoning.runbook.ref,
            requester="runbook",
            resolution=reasoning.resolution(),
        )


def _inconclusive(tried: Sequence[Reasoning], work: Fieldwork) -> Diagnosis:
    return Diagnosis(
        by="sweep",
        not_known=(
            ("Which cause it is: none that the runbooks know holds",)
            if tried
            else ("The cause: no runbook is for this alert",)
        ),
        ruled_out=tuple(o.cause for r in tried for o in r.ruled_out()),
        coverage=work.coverage(tuple(s for r in tried for s in r.skipped())),
        runbook=tried[0].runbook.ref if tried else None,
    )
