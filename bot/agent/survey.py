"""What every investigation begins with: the runbook's own checks, or a sweep where none fits."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.agent.fieldwork import Fieldwork, Look
from bot.agent.sweep import always_looks, sweep_finding, sweep_looks
from bot.domain.incident import Incident
from bot.domain.ports import Clock, Ledger
from bot.domain.values import Alert
from bot.incidents.readings import Readings
from bot.knowledge.hinting import hinted_at
from bot.knowledge.matching import match
from bot.knowledge.progress import CheckResult
from bot.knowledge.reasoning import FoundCause, Reasoning
from bot.knowledge.runbook import Runbook
from bot.policy.inventory import Inventory
from tools.kit.catalog import Catalog
from tools.kit.types import Evidence

_MOST_RUNBOOKS = 3
_MOST_HINTED = 2


@dataclass(frozen=True, slots=True)
class Survey:
    """What was looked at, and what the runbooks make of it."""

    alert: Alert
    work: Fieldwork
    tried: tuple[Reasoning, ...]
    hinted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Runbooks that a person's hint put first: id → who, the latest first. What follows from one is
    theirs."""

    @property
    def playbook(self) -> tuple[Reasoning, FoundCause] | None:
        """The runbook whose cause holds, and that cause."""
        for reasoning in self.tried:
            cause = reasoning.cause()
            if cause and cause.supported_by:
                return reasoning, cause
        return None


class Surveyor:
    """Looks without a model. What was recorded before a crash is not looked at again."""

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

    async def survey(
        self, incident: Incident, alert: Alert | None = None, prefix: str = ""
    ) -> Survey:
        """Look around one alert; the incident's first that still fires, unless told.

        `prefix` begins the ids of its evidence, so that agents side by side don't share any.
        """
        alert = alert or (incident.firing or tuple(incident.alerts.values()))[0]
        work = await self._fieldwork(incident, prefix)
        always = [] if prefix else always_looks(alert, self._inventory)
        configured = [look for look in always if look.tool in self._catalog]
        beside = asyncio.create_task(work.take(configured, sweep_finding))
        hinted = self._hinted(incident)
        by_id = {runbook.id: runbook for runbook in self._runbooks}
        own = [m.runbook for m in match(alert, self._runbooks) if m.is_playbook]
        playbooks = [*(by_id[i] for i in hinted), *(r for r in own if r.id not in hinted)]
        tried: list[Reasoning] = []
        for runbook in playbooks[:_MOST_RUNBOOKS]:
            tried.append(await _follow(runbook, alert, work, prefix))
            if Survey(alert, work, tuple(tried)).playbook:
                break
        else:
            traces = "query_traces" in self._catalog
            looks = sweep_looks(alert, self._inventory, traces=traces)
            named = [look.model_copy(update={"id": prefix + look.id}) for look in looks]
            await work.take(named, sweep_finding)
        await beside
        return Survey(alert, work, tuple(tried), hinted)

    async def recall(self, incident: Incident) -> Survey:
        """What was recorded so far, without looking again."""
        work = await self._fieldwork(incident, "")
        alert = (incident.firing or tuple(incident.alerts.values()))[0]
        return Survey(alert, work, ())

    def _hinted(self, incident: Incident) -> dict[str, tuple[str, ...]]:
        """Runbooks that hints are about, the latest hint's first."""
        found: dict[str, tuple[str, ...]] = {}
        for hint in reversed(incident.hints):
            for runbook in hinted_at(hint.text, self._runbooks):
                found[runbook.id] = (*found.get(runbook.id, ()), hint.actor)
        return dict(list(found.items())[:_MOST_HINTED])

    async def _fieldwork(self, incident: Incident, prefix: str) -> Fieldwork:
        work = Fieldwork(incident, self._ledger, self._readings, self._catalog, self._clock)
        await work.resume(prefix)
        return work


def again_prefix(incident: Incident) -> str:
    """Begins the ids of what is looked at anew, so that nothing seen before stands in for it."""
    return f"again{incident.looks_again}/" if incident.looks_again else ""


async def _follow(runbook: Runbook, alert: Alert, work: Fieldwork, prefix: str) -> Reasoning:
    """Take the runbook's checks, all that can be at once, until none is left."""
    reasoning = Reasoning.start(runbook, alert)
    while checks := reasoning.next_checks():
        looks = [
            Look(id=f"{prefix}{runbook.id}.{c.id}", title=c.title, tool=c.tool, params=c.params)
            for c in checks
        ]

        def finding(look: Look, evidence: Evidence, so_far: Reasoning = reasoning) -> str:
            result = _result(look, evidence)
            return so_far.read(result).finding(result.check_id)

        found = await work.take(looks, finding)
        reasoning = reasoning.read(*(_result(look, found[look.id]) for look in looks))
    return reasoning


def _result(look: Look, evidence: Evidence) -> CheckResult:
    check_id = look.id.rpartition(".")[2]
    return CheckResult(check_id=check_id, evidence=evidence, evidence_id=look.id)
