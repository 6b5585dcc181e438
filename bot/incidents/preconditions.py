"""Whether what was approved is still what would run: policy, guards, drift."""

from __future__ import annotations

from typing import Literal

from bot.domain.incident import Incident
from bot.domain.plan_state import PlanState
from bot.domain.ports import Clock
from bot.domain.quorum import missing, told
from bot.domain.values import Ask
from bot.incidents.actions import call_context, preview
from bot.incidents.drift import drift
from bot.incidents.planning import Planner
from bot.incidents.readings import Readings, parsed
from tools.kit.catalog import Catalog
from tools.kit.errors import InvalidCall, Unavailable
from tools.kit.types import Frozen


class Objection(Frozen):
    """Why a step must not start as it was approved."""

    cause: Literal["policy", "guard", "drift"]
    reason: str


class Preconditions:
    """Asked afresh before each step. What is unknown is an objection, or Unavailable."""

    def __init__(
        self, catalog: Catalog, readings: Readings, planner: Planner, clock: Clock
    ) -> None:
        self._catalog = catalog
        self._readings = readings
        self._planner = planner
        self._clock = clock

    async def objection(self, incident: Incident, state: PlanState, index: int) -> Objection | None:
        """None where the step may start. Raises Unavailable where a backend doesn't answer."""
        return (
            await self._policy(incident, state)
            or await self._guards(state)
            or await self._drift(state, index)
        )

    async def _policy(self, incident: Incident, state: PlanState) -> Objection | None:
        confidence = incident.diagnosis.confidence if incident.diagnosis else "low"
        verdict = await self._planner.judge(
            incident, state.plan, confidence, proposed_at=state.proposed_at
        )
        if verdict.kind not in ("allow", "ask"):
            reason = f"policy says {verdict.kind} now: {verdict.reason}"
            return Objection(cause="policy", reason=reason)
        if state.plan.digest(verdict.rule) != state.digest:
            return Objection(cause="policy", reason=f"rule {verdict.rule!r} decides it now")
        more = missing(verdict, state.decisions) if isinstance(verdict, Ask) else ()
        if more:
            return Objection(cause="policy", reason=f"policy also asks for {told(more)} now")
        return None

    async def _guards(self, state: PlanState) -> Objection | None:
        for guard in state.plan.guards:
            taken = await self._readings.take(guard)
            if taken.evidence.status == "failed":
                raise Unavailable(f"{guard.title} can't be read: {taken.evidence.summary}")
            if not taken.holds:
                return Objection(cause="guard", reason=f"{guard.title} now {taken.shown}")
        return None

    async def _drift(self, state: PlanState, index: int) -> Objection | None:
        step = state.plan.steps[index]
        try:
            tool = self._catalog.write(step.tool)
            params = parsed(tool, step.params)
            fresh = await preview(tool, params, call_context(self._clock()))
        except InvalidCall as error:
            return Objection(cause="drift", reason=str(error))
        changed = drift(state.plan, index, tool.version, fresh)
        return Objection(cause="drift", reason=changed) if changed else None
