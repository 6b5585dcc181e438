"""A person makes a plan smaller before it is approved: a new plan, with a new dry run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain import commands as c
from bot.domain.consent import require_narrowable
from bot.domain.incident import Incident
from bot.domain.ports import Directory
from bot.domain.refusals import CommandRefusedError
from bot.domain.values import Ask, Plan, PlanDraft, is_person
from bot.incidents.leeway import Offer, has_leeway, leeways
from bot.incidents.planning import Planner, redraft
from bot.incidents.readings import parsed
from bot.incidents.service import Incidents
from bot.incidents.smaller import Declared, may_shrink, objection
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
        self.declared: Declared = {tool.name: tool.params for tool in catalog}
        self._planner = planner
        self._directory = directory

    async def consider(self, incident_id: str, plan_id: str, digest: str, user: str) -> Offer:
        """`offer`, to somebody who may take it up."""
        await self._require_member(user)
        return await self.offer(incident_id, plan_id, digest)

    async def offer(self, incident_id: str, plan_id: str, digest: str) -> Offer:
        """What of a plan may shrink. Raises CommandRefusedError where it no longer waits, or where
        nothing may."""
        incident = await self._incidents.ledger.load(incident_id)
        state = require_narrowable(incident, plan_id, digest, self._incidents.clock())
        if not has_leeway(state.plan, self.declared):
            raise CommandRefusedError(f"nothing of plan {plan_id!r} can be made smaller")
        return Offer(plan=state.plan, leeways=leeways(state.plan, self.declared))

    async def narrow(
        self, incident_id: str, plan_id: str, digest: str, edit: Edit, user: str
    ) -> Incident:
        """Replace the plan that waits by a smaller one, and ask for that.

        Any full member may. Raises CommandRefusedError, and the old plan then waits on.
        """
        await self._require_member(user)
        incident = await self._incidents.ledger.load(incident_id)
        state = require_narrowable(incident, plan_id, digest, self._incidents.clock())
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

    async def _require_member(self, user: str) -> None:
        if not await self._directory.eligible(user):
            raise CommandRefusedError("only full members of the workspace can make a plan smaller")

    async def _planned(self, incident: Incident, wide: Plan, edit: Edit, user: str) -> Plan:
        """The smaller plan. Raises NotSmallerError before and after its dry run."""
        may = may_shrink(wide, self.declared)
        draft = _edited(redraft(wide), edit, user, may)
        try:
            self._require_less(wide, draft, may)
            narrow = await self._planner.plan(f"P{len(incident.fixes) + 1}", draft)
        except ToolError as error:
            raise NotSmallerError(f"that is not possible: {error}", may) from error
        reason = objection(wide, narrow, self.declared)
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
        step.model_copy(update={"params": {**step.params, **edit.params.get(i, {})}})
        for i, step in enumerate(wide.steps[:keep])
    )
    partial = wide.partial or keep < len(wide.steps)
    asked = [each for each in (wide.requester, *wide.prompted_by) if is_person(each)]
    return wide.model_copy(update={"steps": steps, "partial": partial}).by([user, *asked])
