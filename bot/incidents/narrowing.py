"""A person makes a plan smaller before it is approved: a new plan, with a new dry run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain import commands as c
from bot.domain.incident import Incident
from bot.domain.ports import Directory
from bot.domain.refusals import CommandRefusedError
from bot.domain.values import Ask, Plan, PlanDraft
from bot.incidents.planning import Planner, redraft
from bot.incidents.readings import parsed
from bot.incidents.service import Incidents
from bot.incidents.smaller import may_shrink, objection
from tools.kit.catalog import Catalog
from tools.kit.errors import ToolError
from tools.kit.narrowing import wider
from tools.kit.types import Frozen


class NotSmallerError(CommandRefusedError):
    """More, or something else, was asked for. Says what may be changed."""

    def __init__(self, reason: str, may: str) -> None:
        super().__init__(f"{reason}. What may be changed: {may}")


class Edit(Frozen):
    """What somebody wants less of."""

    steps: int | None = None
    """How many steps to keep, from the first; None: all."""
    params: Mapping[int, Mapping[str, Any]] = {}
    """Index of a step → new values of some of its parameters, as plain JSON."""


class Narrowing:
    """Whoever narrows a plan is its requester, and so can't approve it alone."""

    def __init__(
        self, incidents: Incidents, catalog: Catalog, planner: Planner, directory: Directory
    ) -> None:
        self._incidents = incidents
        self._catalog = catalog
        self._planner = planner
        self._directory = directory

    async def narrow(
        self, incident_id: str, plan_id: str, digest: str, edit: Edit, user: str
    ) -> Incident:
        """Replace the plan that waits by a smaller one, and ask for that.

        Any full member may. Raises CommandRefusedError, and the old plan then waits on.
        """
        if not await self._directory.eligible(user):
            raise CommandRefusedError("only full members of the workspace can make a plan smaller")
        incident = await self._incidents.ledger.load(incident_id)
        state = incident.plans.get(plan_id)
        if state is None:
            raise CommandRefusedError(f"{incident_id} has no plan {plan_id!r}")
        narrow = await self._planned(incident, state.plan, edit, user)
        confidence = incident.diagnosis.confidence if incident.diagnosis else "low"
        verdict = await self._planner.judge(incident, narrow, confidence)
        if not isinstance(verdict, Ask):
            raise CommandRefusedError(f"policy says {verdict.kind} to that: {verdict.reason}")
        command = c.NarrowPlan(
            at=self._incidents.clock(),
            actor=user,
            plan_id=plan_id,
            digest=digest,
            plan=narrow,
            verdict=verdict,
        )
        return await self._incidents.handle(incident_id, command)

    async def _planned(self, incident: Incident, wide: Plan, edit: Edit, user: str) -> Plan:
        """The smaller plan. Raises NotSmallerError before and after its dry run."""
        declared = {tool.name: tool.params for tool in self._catalog}
        may = may_shrink(wide, declared)
        draft = _edited(redraft(wide), edit, user, may)
        try:
            self._require_less(wide, draft, may)
            narrow = await self._planner.plan(f"P{len(incident.fixes) + 1}", draft)
        except ToolError as error:
            raise NotSmallerError(f"that is not possible: {error}", may) from error
        reason = objection(wide, narrow, declared)
        if reason:
            raise NotSmallerError(reason, may)
        return narrow

    def _require_less(self, wide: Plan, draft: PlanDraft, may: str) -> None:
        """No tool is even asked what it would do with nothing, or with more than was shown."""
        for number, (old, new) in enumerate(zip(wide.steps, draft.steps, strict=False), start=1):
            tool = self._catalog.write(new.tool)
            params = parsed(tool, new.params).model_dump(mode="json")
            reason = wider(tool.params, old.params, params)
            if reason:
                raise NotSmallerError(f"step {number}: {reason}", may)


def _edited(wide: PlanDraft, edit: Edit, user: str, may: str) -> PlanDraft:
    keep = len(wide.steps) if edit.steps is None else edit.steps
    if not 0 < keep <= len(wide.steps):
        raise NotSmallerError(f"it has {len(wide.steps)} steps, of which {keep} can't be kept", may)
    strange = sorted(set(edit.params) - set(range(keep)))
    if strange:
        raise NotSmallerError(f"there is no step {strange[0] + 1} in it", may)
    steps = tuple(
        s.model_copy(update={"params": {**s.params, **edit.params.get(i, {})}})
        for i, s in enumerate(wide.steps[:keep])
    )
    return wide.model_copy(update={"steps": steps, "requester": user})
