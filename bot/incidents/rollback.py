"""Puts steps back, those of a failed plan or what a person wants undone: last first, each once."""

from __future__ import annotations

import logging
from typing import Literal

from pydantic import ValidationError

from bot.domain import commands as c
from bot.domain.crashpoints import crashpoint
from bot.domain.plan_state import StepStatus
from bot.domain.ports import NotConfirmedError, NotReservedError, Reservation, StoppedError
from bot.domain.refusals import OutOfOrderError
from bot.domain.work import Work
from bot.incidents.actions import (
    PATIENCE,
    RETRY,
    action_key,
    call_context,
    preview,
    stopped,
    switches,
)
from bot.incidents.drift import moved_since
from bot.incidents.readings import parsed
from bot.incidents.service import Incidents
from tools.kit.catalog import Catalog
from tools.kit.errors import OutcomeUnknown, ToolError, Unavailable
from tools.kit.tool import Context, ReversibleTool

log = logging.getLogger(__name__)


class Rollback:
    """Undoes only where the state is still what the step left, or what a person was shown to be
    written over; otherwise a person decides."""

    def __init__(self, incidents: Incidents, catalog: Catalog) -> None:
        self._incidents = incidents
        self._catalog = catalog

    async def undo(self, work: Work, token: str) -> None:
        """Undo the step that `work` names, holding its lease under `token`."""
        plan_id, index = work.plan_step
        incident = await self._incidents.ledger.load(work.incident)
        state = incident.plans[plan_id]
        step, done = state.plan.steps[index], state.steps[index]
        if index not in state.undoable[:1] or done.status is StepStatus.UNDOING:
            return
        undo = state.undo
        now = self._incidents.clock()
        try:
            tool = self._catalog.write(step.tool)
            if not isinstance(tool, ReversibleTool) or done.checkpoint is None:
                await self._finish(work, "refused", f"{step.tool} has no undo any more")
                return
            if tool.version != step.version:
                was = f"the step ran with {step.version}"
                await self._finish(work, "refused", f"{step.tool} is version {tool.version}, {was}")
                return
            params = parsed(tool, step.params)
            checkpoint = tool.saved.model_validate(done.checkpoint)
            over = tuple(f for f in undo.over if f.step == index) if undo else ()
            moved = moved_since(step, await preview(tool, params, call_context(now)), over)
        except Unavailable as error:
            if now - state.touched_at < PATIENCE:
                await self._incidents.ledger.defer(work, now + RETRY)
            else:
                await self._finish(work, "refused", str(error))
            return
        except ToolError as error:
            await self._finish(work, "refused", str(error))
            return
        except ValidationError:
            await self._finish(work, "refused", f"{step.tool} can't read what it saved any more")
            return
        if moved:
            await self._finish(work, "refused", moved, moved=True)
            return
        key = action_key(incident, plan_id, index) + "-undo"
        start = c.StartRollback(
            at=now,
            plan_id=plan_id,
            step=index,
            key=key,
            deadline=now + self._incidents.pace.call,
            approved_by=undo.actor if undo else "",
        )
        reservation = Reservation(
            lease=work.key, token=token, switches=switches(incident, state, done.services)
        )
        try:
            await self._incidents.handle(work.incident, start, reservation=reservation)
        except StoppedError as error:
            await self._finish(work, "refused", stopped(error.stop))
            return
        except (OutOfOrderError, NotReservedError, NotConfirmedError) as error:
            log.warning("%s: not undone by this worker: %s", work.key, error)
            return
        if self._incidents.clock() >= start.deadline:
            log.warning("%s: past its deadline before it was sent, so it is not", key)
            return
        try:
            handle = await tool.rollback(
                params, checkpoint, Context(deadline=start.deadline, key=key)
            )
        except OutcomeUnknown as error:
            log.warning("%s: %s; it is read back after its deadline", key, error)
            return
        except ToolError as error:
            await self._finish(work, "failed", str(error))
            return
        crashpoint("R1")
        await self._finish(work, "succeeded", handle.summary)

    async def _finish(
        self,
        work: Work,
        outcome: Literal["succeeded", "failed", "refused"],
        summary: str,
        *,
        moved: bool = False,
    ) -> None:
        plan_id, index = work.plan_step
        await self._incidents.handle(
            work.incident,
            c.FinishRollback(
                at=self._incidents.clock(),
                plan_id=plan_id,
                step=index,
                outcome=outcome,
                summary=summary,
                moved=moved,
            ),
        )
