"""Finds out what became of a call whose worker never told: reads back, never sends again."""

from __future__ import annotations

from bot.domain import commands as c
from bot.domain.plan_state import StepState
from bot.domain.work import Work
from bot.incidents.actions import RETRY, call_context
from bot.incidents.service import Incidents
from tools.kit.catalog import Catalog
from tools.kit.errors import ToolError
from tools.kit.types import Applied, Handle


class Recovery:
    """Ends a step that was left started: succeeded, failed, or unknown and a person."""

    def __init__(self, incidents: Incidents, catalog: Catalog) -> None:
        self._incidents = incidents
        self._catalog = catalog

    async def recover(self, work: Work) -> None:
        plan_id, index = work.plan_step
        state = (await self._incidents.ledger.load(work.incident)).plans[plan_id]
        step = state.steps[index]
        applied = await self._applied(work, state.plan.steps[index].tool, step.key, None, step)
        if applied is None:
            return
        outcome = {"yes": "succeeded", "no": "failed", "unknown": "unknown"}[applied.answer]
        handle = applied.handle or Handle(ref=step.key, summary=applied.summary)
        await self._incidents.handle(
            work.incident,
            c.FinishStep.model_validate(
                {
                    "at": self._incidents.clock(),
                    "plan_id": plan_id,
                    "step": index,
                    "outcome": outcome,
                    "summary": applied.summary,
                    "handle": handle if outcome == "succeeded" else None,
                }
            ),
        )

    async def recover_undo(self, work: Work) -> None:
        plan_id, index = work.plan_step
        state = (await self._incidents.ledger.load(work.incident)).plans[plan_id]
        step = state.steps[index]
        applied = await self._applied(
            work, state.plan.steps[index].tool, step.rollback_key, step.handle, step
        )
        if applied is None:
            return
        outcome = {"yes": "succeeded", "no": "failed", "unknown": "unknown"}[applied.answer]
        await self._incidents.handle(
            work.incident,
            c.FinishRollback.model_validate(
                {
                    "at": self._incidents.clock(),
                    "plan_id": plan_id,
                    "step": index,
                    "outcome": outcome,
                    "summary": applied.summary,
                }
            ),
        )

    async def _applied(
        self, work: Work, tool: str, key: str, handle: Handle | None, step: StepState
    ) -> Applied | None:
        """The answer, `unknown` only when it is final; None when to ask again later."""
        now = self._incidents.clock()
        if step.deadline and now < step.deadline:
            await self._incidents.ledger.defer(work, step.deadline)
            return None
        try:
            applied = await self._catalog.write(tool).applied(key, handle, call_context(now))
        except ToolError as error:
            applied = Applied(answer="unknown", summary=str(error))
        until = step.deadline + self._incidents.pace.read_back if step.deadline else now
        if applied.answer == "unknown" and now < until:
            await self._incidents.ledger.defer(work, now + RETRY)
            return None
        return applied
