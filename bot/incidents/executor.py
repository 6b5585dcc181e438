"""Runs one approved step: preconditions, checkpoint, start on disk, effect, outcome."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any, Literal

from bot.domain import commands as c
from bot.domain.crashpoints import crashpoint
from bot.domain.incident import Incident
from bot.domain.intervention import halt_words
from bot.domain.plan_state import PlanState, PlanStatus, StepStatus
from bot.domain.ports import (
    BreakerOpenError,
    LeaseLostError,
    NotConfirmedError,
    NotReservedError,
    Reservation,
    StoppedError,
)
from bot.domain.refusals import OutOfOrderError
from bot.domain.values import Allow
from bot.domain.work import Work
from bot.incidents.actions import (
    PATIENCE,
    RETRY,
    action_key,
    call_context,
    stopped,
    switches,
)
from bot.incidents.planning import Planner
from bot.incidents.preconditions import Preconditions
from bot.incidents.readings import parsed
from bot.incidents.service import Incidents
from tools.kit.catalog import Catalog
from tools.kit.errors import OutcomeUnknown, Refused, ToolError, Unavailable
from tools.kit.tool import Context, ReversibleTool

log = logging.getLogger(__name__)


class Executor:
    """Starts a step at most once, and only as it was shown.

    A process that dies after the start leaves the step started; `Recovery` reads it back.
    """

    def __init__(
        self,
        incidents: Incidents,
        catalog: Catalog,
        preconditions: Preconditions,
        planner: Planner,
    ) -> None:
        self._incidents = incidents
        self._catalog = catalog
        self._preconditions = preconditions
        self._planner = planner

    async def execute(self, work: Work, token: str) -> None:
        """Run the step that `work` names, holding its lease under `token`."""
        plan_id, index = work.plan_step
        incident = await self._incidents.ledger.load(work.incident)
        state = incident.plans[plan_id]
        if not _is_next(state, index):
            return
        if state.halt:
            await self._void(work, plan_id, "halted", halt_words(state))
            return
        crashpoint("E1")
        step = state.plan.steps[index]
        try:
            objection = await self._preconditions.objection(incident, state, index)
            if objection:
                await self._void(work, plan_id, objection.cause, objection.reason)
                return
            tool = self._catalog.write(step.tool)
            params = parsed(tool, step.params)
            checkpoint: dict[str, Any] | None = None
            if isinstance(tool, ReversibleTool):
                saved = await tool.checkpoint(params, call_context(self._incidents.clock()))
                checkpoint = saved.model_dump(mode="json")
            if self._planner.discretion.holds_secret(checkpoint):
                raise Refused(f"{step.tool}: its undo would have to keep a secret; do it by hand")
        except Unavailable as error:
            await self._wait_or_give_up(work, state, str(error))
            return
        except ToolError as error:
            await self._void(work, plan_id, "failed", str(error))
            return
        key = action_key(incident, plan_id, index)
        crashpoint("E2")
        # The call's own deadline is the one on disk: it ends before anybody reads it back.
        deadline = self._incidents.clock() + self._incidents.pace.call
        if not await self._start(work, token, incident, state, index, key, checkpoint, deadline):
            return
        # Stopped for so long that somebody may have read it back: what is sent now nobody expects.
        if self._incidents.clock() >= deadline:
            log.warning("%s: past its deadline before it was sent, so it is not", key)
            return
        finish = {"plan_id": plan_id, "step": index}
        try:
            handle = await tool.execute(params, Context(deadline=deadline, key=key))
            finish |= {"outcome": "succeeded", "summary": handle.summary, "handle": handle}
        except OutcomeUnknown as error:
            log.warning("%s: %s; it is read back after its deadline", key, error)
            return
        except ToolError as error:
            finish |= {"outcome": "failed", "summary": str(error)}
        crashpoint("E3")
        await self._incidents.handle(
            work.incident, c.FinishStep.model_validate({"at": self._incidents.clock(), **finish})
        )
        crashpoint("E4")

    async def _start(
        self,
        work: Work,
        token: str,
        incident: Incident,
        state: PlanState,
        index: int,
        key: str,
        checkpoint: dict[str, Any] | None,
        deadline: datetime,
    ) -> bool:
        """Record the start, on disk; False where another was faster or it may not start."""
        confidence = incident.diagnosis.confidence if incident.diagnosis else "low"
        services = self._planner.services(state.plan, index)
        start = c.StartStep(
            at=self._incidents.clock(),
            plan_id=state.plan.id,
            step=index,
            key=key,
            checkpoint=checkpoint,
            deadline=deadline,
            policy=self._planner.policy,
            services=services,
        )
        reservation = Reservation(
            lease=work.key,
            token=token,
            switches=switches(incident, state, services),
            breakers=services if isinstance(state.verdict, Allow) else (),
            limits=self._planner.limits(incident, state.plan, index, confidence),
        )
        try:
            await self._incidents.handle(work.incident, start, reservation=reservation)
        except (OutOfOrderError, LeaseLostError):
            return False
        except NotConfirmedError as error:
            log.warning("%s: %s; nothing is sent, it is read back later", key, error)
            return False
        except StoppedError as error:
            await self._void(work, state.plan.id, "stopped", stopped(error.stop))
            return False
        except BreakerOpenError as error:
            await self._void(work, state.plan.id, "policy", str(error))
            return False
        except NotReservedError as error:
            await self._void(work, state.plan.id, "failed", str(error))
            return False
        return True

    async def _wait_or_give_up(self, work: Work, state: PlanState, why: str) -> None:
        now = self._incidents.clock()
        if now - state.touched_at < PATIENCE:
            await self._incidents.ledger.defer(work, now + RETRY)
        else:
            await self._void(work, state.plan.id, "failed", why)

    async def _void(
        self,
        work: Work,
        plan_id: str,
        cause: Literal["policy", "guard", "drift", "failed", "stopped", "halted"],
        reason: str,
    ) -> None:
        now = self._incidents.clock()
        await self._incidents.handle(
            work.incident, c.VoidPlan(at=now, plan_id=plan_id, cause=cause, reason=reason)
        )


def _is_next(state: PlanState, index: int) -> bool:
    waits = state.status in (PlanStatus.READY, PlanStatus.RUNNING)
    return waits and state.current == index and state.steps[index].status is StepStatus.PENDING
