"""Agents side by side: one for each part of a wide incident, and one who combines."""

from __future__ import annotations

import logging

from bot.agent.brain import Brain
from bot.agent.budget import BudgetSpentError
from bot.agent.data import fenced
from bot.agent.loop import RefusedError
from bot.agent.model import ModelAwayError, ModelRejectedError
from bot.agent.model_agent import ModelAgent, Part, mark_of
from bot.agent.runbook_agent import RunbookAgent
from bot.agent.survey import Surveyor
from bot.agent.threads import alert_of, cut, rank
from bot.domain.incident import Incident, ThreadState
from bot.domain.ports import Draft
from bot.domain.values import CONFIDENCE_ORDER, Coverage, Diagnosis, Thread
from bot.policy.inventory import Inventory
from bot.redaction.redactor import RedactionFailedError

log = logging.getLogger(__name__)
_AWAY = (ModelAwayError, ModelRejectedError, BudgetSpentError, RedactionFailedError)
_THREAD_TURNS = 6
_COMBINE_TURNS = 8


class Agents:
    """With a model each part is looked into by it; without, by the runbooks. Either way the parts
    are the inventory's, and the plan is a runbook's or a person's."""

    def __init__(
        self,
        surveyor: Surveyor,
        runbook_agent: RunbookAgent,
        model_agent: ModelAgent | None,
        scout: ModelAgent | None,
        inventory: Inventory,
        brain: Brain | None = None,
    ) -> None:
        """`scout` looks into the parts, with a cheaper model; `model_agent` combines. `brain` keeps
        whether the model was left; there is one where there is a model."""
        self._brain = brain
        self._surveyor = surveyor
        self._runbook_agent = runbook_agent
        self._model_agent = model_agent
        self._scout = scout
        self._inventory = inventory

    def assign(self, incident: Incident) -> tuple[Thread, ...]:
        return cut(incident, self._inventory)

    async def diagnose(self, incident: Incident, thread: Thread) -> Draft:
        alert, prefix = alert_of(incident, thread), f"{thread.id}/"
        if self._scout and not await self._left(incident):
            part = Part(
                agent=thread.id,
                prompt="thread",
                may_propose=False,
                turns=_THREAD_TURNS,
                alert=alert,
                prefix=prefix,
                told=f"Your part: {thread.id}. {thread.question}",
            )
            try:
                return await self._scout.look_into(incident, part)
            except _AWAY as error:
                log.warning("%s %s: by runbook, for %s", incident.id, thread.id, error)
                await self._leave(incident, error)
        return await self._runbook_agent.look_into(incident, alert, prefix)

    async def combine(self, incident: Incident) -> Draft:
        believed = _believed(incident, self._inventory)
        if self._model_agent and not await self._left(incident):
            survey = await self._surveyor.recall(incident)
            name = f"combine-{mark_of(incident.threads)}"
            part = Part(
                agent=name,
                prefix=f"{name}/",
                prompt="remedy",
                may_propose=True,
                turns=_COMBINE_TURNS,
                told=_findings(incident),
            )
            playbook = believed.finished.plan if believed and believed.finished else None
            try:
                draft = await self._model_agent.work(incident, part, survey, playbook)
            except _AWAY as error:
                log.warning("%s: combined by rule, for %s", incident.id, error)
                await self._leave(incident, error)
            else:
                return _with_gaps(incident, _with_follow_ups(draft, believed))
        return _with_gaps(incident, _by_rule(incident, believed))

    async def _left(self, incident: Incident) -> bool:
        return self._brain is not None and await self._brain.left(incident) is not None

    async def _leave(self, incident: Incident, error: Exception) -> None:
        """For all parts; what one agent alone ran into says nothing of the others' model."""
        if self._brain and not isinstance(error, BudgetSpentError | RefusedError):
            await self._brain.leave(incident, str(error))


def _believed(incident: Incident, inventory: Inventory) -> ThreadState | None:
    """The part with a cause that most others rest on; of equals, the surer."""
    ranks = rank(frozenset(incident.threads), inventory)

    def weight(state: ThreadState) -> tuple[int, int, str]:
        found = state.finished.diagnosis if state.finished else None
        sure = CONFIDENCE_ORDER.index(found.confidence) if found else 0
        return ranks[state.thread.id], sure, state.thread.id

    with_cause = [
        state
        for state in incident.threads.values()
        if state.finished and state.finished.diagnosis and state.finished.diagnosis.cause
    ]
    return max(with_cause, key=weight, default=None)


def _by_rule(incident: Incident, believed: ThreadState | None) -> Draft:
    """The believed part's diagnosis and plan; the others' findings as what they are."""
    done = [s.finished for s in incident.threads.values() if s.finished]
    coverage = _coverage([f.diagnosis for f in done if f.diagnosis])
    if believed is None or believed.finished is None or believed.finished.diagnosis is None:
        unknown = tuple(f"{f.thread}: {f.summary}" for f in done)
        return Draft(diagnosis=Diagnosis(by="sweep", not_known=unknown, coverage=coverage))
    others = tuple(f"{f.thread}: {f.summary}" for f in done if f is not believed.finished)
    diagnosis = believed.finished.diagnosis
    return Draft(
        diagnosis=diagnosis.model_copy(
            update={"coverage": coverage, "ruled_out": (*diagnosis.ruled_out, *others)}
        ),
        plan=believed.finished.plan,
    )


def _with_follow_ups(draft: Draft, believed: ThreadState | None) -> Draft:
    """What the believed part's runbook leaves open stays open, whoever combined."""
    found = believed.finished.diagnosis if believed and believed.finished else None
    if found is None or not draft.diagnosis.hypotheses:
        return draft
    kept = draft.diagnosis.model_copy(update={"follow_ups": found.follow_ups})
    return draft.model_copy(update={"diagnosis": kept})


def _with_gaps(incident: Incident, draft: Draft) -> Draft:
    """Name every part that nobody could look into."""
    gaps = tuple(
        f"{state.thread.title}: {state.finished.summary if state.finished else 'no answer in time'}"
        for state in incident.threads.values()
        if state.finished is None or state.finished.failed
    )
    if not gaps:
        return draft
    known = draft.diagnosis
    coverage = known.coverage.model_copy(update={"failed": (*known.coverage.failed, *gaps)})
    update = {"coverage": coverage, "not_known": (*known.not_known, *gaps)}
    return draft.model_copy(update={"diagnosis": known.model_copy(update=update)})


def _coverage(found: list[Diagnosis]) -> Coverage:
    def union(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(t for d in found for t in getattr(d.coverage, name)))

    return Coverage(
        checked=union("checked"),
        empty=union("empty"),
        failed=union("failed"),
        not_configured=union("not_configured"),
    )


def _findings(incident: Incident) -> str:
    """What the agents said. Their words are data too: they read logs."""
    lines = ["What the agents found:"]
    for state in incident.threads.values():
        done = state.finished
        said = done.summary if done else "no answer in time"
        hypotheses = done.diagnosis.hypotheses if done and done.diagnosis else ()
        cited = ", ".join(i for h in hypotheses for i in h.supported_by)
        lines.append(fenced("agent", f"{said} [{cited}]", part=state.thread.id))
    return "\n".join(lines)
