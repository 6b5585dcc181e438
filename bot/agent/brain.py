"""Who investigates: the model while there is one, else the runbook agent, in the same incident."""

from __future__ import annotations

import logging

from bot.agent.budget import BudgetSpentError
from bot.agent.model import ModelAwayError, ModelRejectedError
from bot.domain import events as e
from bot.domain.incident import Incident
from bot.domain.ports import Clock, Draft, Investigator, Ledger
from bot.redaction.redactor import RedactionFailedError

log = logging.getLogger(__name__)


class Brain:
    """Never fails for want of a model. What it had seen by then is used again, not paid twice."""

    def __init__(
        self, model_agent: Investigator, runbook_agent: Investigator, ledger: Ledger, clock: Clock
    ) -> None:
        self._model_agent = model_agent
        self._runbook_agent = runbook_agent
        self._ledger = ledger
        self._clock = clock

    async def investigate(self, incident: Incident) -> Draft:
        if not await self.left(incident):
            try:
                return await self._model_agent.investigate(incident)
            except (ModelAwayError, BudgetSpentError, RedactionFailedError) as error:
                await self.leave(incident, str(error))
            except ModelRejectedError as error:
                log.exception("%s: the provider calls our request wrong", incident.id)
                await self.leave(incident, str(error))
        draft = await self._runbook_agent.investigate(incident)
        return _partial(draft, await self.left(incident))

    async def left(self, incident: Incident) -> e.BrainChanged | None:
        """Why the model was left, if it was: one that comes back restarts nothing."""
        events = await self._ledger.work(incident.id)
        return next((event for event in events if isinstance(event, e.BrainChanged)), None)

    async def leave(self, incident: Incident, reason: str) -> None:
        """Go on without the model from here, and say so once."""
        if await self.left(incident):
            return
        log.warning("%s: the runbook agent takes over: %s", incident.id, reason)
        await self._ledger.note(
            incident.id,
            e.BrainChanged(at=self._clock(), actor="opsbot", to="runbook", reason=reason),
        )


def _partial(draft: Draft, left: e.BrainChanged | None) -> Draft:
    """The draft, marked as one that the model did not finish."""
    if left is None:
        return draft
    unknown = f"What the model would have found: it ended early, {left.reason}"
    not_known = (*draft.diagnosis.not_known, unknown)
    diagnosis = draft.diagnosis.model_copy(update={"not_known": not_known})
    return draft.model_copy(update={"diagnosis": diagnosis})
