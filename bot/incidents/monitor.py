"""Watches what was started until the world is right, or is not in time."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.crashpoints import crashpoint
from bot.domain.looks import until_next
from bot.domain.work import Work
from bot.incidents.actions import RETRY, call_context
from bot.incidents.readings import Readings, parsed
from bot.incidents.service import Incidents
from tools.kit.catalog import Catalog
from tools.kit.errors import InvalidCall, ToolError
from tools.kit.types import Handle, Verification

STEP_LIMIT = timedelta(minutes=20)
"""Longest that one step may take to show its effect."""


class Monitor:
    """Looks, notes what it saw, and comes back later: no process waits in between."""

    def __init__(self, incidents: Incidents, catalog: Catalog, readings: Readings) -> None:
        self._incidents = incidents
        self._catalog = catalog
        self._readings = readings

    async def verify(self, work: Work) -> None:
        """Look once at the step that `work` names."""
        plan_id, index = work.plan_step
        state = (await self._incidents.ledger.load(work.incident)).plans[plan_id]
        step, done = state.plan.steps[index], state.steps[index]
        now = self._incidents.clock()
        looked = await self._look(step.tool, step.params, done.handle, now)
        crashpoint("M1")
        late = done.finished_at is not None and now - done.finished_at > STEP_LIMIT
        if looked.status == "pending" and not late:
            await self._note(work, plan_id, index, looked.summary)
            await self._incidents.ledger.defer(work, now + timedelta(seconds=looked.after_seconds))
            return
        summary = looked.summary
        if looked.status == "pending":
            summary = f"not done after {STEP_LIMIT.seconds // 60} min: {summary}"
        await self._incidents.handle(
            work.incident,
            c.VerifyStep(
                at=now,
                plan_id=plan_id,
                step=index,
                passed=looked.status == "passed",
                summary=summary,
            ),
        )

    async def verify_recovery(self, work: Work) -> None:
        """Look once, with fresh evidence, at what the plan says must hold afterwards."""
        plan_id = work.ref
        state = (await self._incidents.ledger.load(work.incident)).plans[plan_id]
        taken = [await self._readings.take(reading) for reading in state.plan.verify]
        now = self._incidents.clock()
        summary = " · ".join(f"{t.reading.title}: {t.shown}" for t in taken)
        passed = all(t.holds for t in taken)
        # Counted from the last verified step, which may itself have taken a quarter of an hour.
        elapsed, within = (now - state.touched_at).total_seconds(), state.plan.verify_within
        if not passed and elapsed < within:
            await self._note(work, plan_id, None, summary)
            again = now + timedelta(seconds=until_next(elapsed, within))
            await self._incidents.ledger.defer(work, again)
            return
        await self._incidents.handle(
            work.incident,
            c.VerifyRecovery(at=now, plan_id=plan_id, passed=passed, summary=summary),
        )

    async def _look(
        self, name: str, params: dict[str, object], handle: Handle | None, now: datetime
    ) -> Verification:
        if handle is None:
            return Verification(status="failed", summary="what was started left no handle")
        try:
            tool = self._catalog.write(name)
            return await tool.verify(parsed(tool, params), handle, call_context(now))
        except InvalidCall as error:
            return Verification(status="failed", summary=str(error))
        except ToolError as error:
            seconds = RETRY.total_seconds()
            return Verification(status="pending", summary=str(error), after_seconds=seconds)

    async def _note(self, work: Work, plan_id: str, step: int | None, summary: str) -> None:
        """Looks for recovery are counted, so each is noted; of a step only what is news."""
        noted = [
            event
            for event in await self._incidents.ledger.work(work.incident)
            if isinstance(event, e.ProgressNoted) and (event.plan_id, event.step) == (plan_id, step)
        ]
        if step is not None and noted and noted[-1].summary == summary:
            return
        await self._incidents.ledger.note(
            work.incident,
            e.ProgressNoted(
                at=self._incidents.clock(),
                actor="opsbot",
                plan_id=plan_id,
                step=step,
                summary=summary,
            ),
        )
