"""A person has put back what a plan left: after it is done, or over what others changed since."""

from __future__ import annotations

import hashlib
from typing import Any

from pydantic import ValidationError

from bot.domain import commands as c
from bot.domain.incident import Incident
from bot.domain.intervention import require_undoable, undo_offered
from bot.domain.plan_state import PlanState
from bot.domain.refusals import CommandRefusedError
from bot.domain.values import Found
from bot.incidents.actions import call_context, preview
from bot.incidents.approvals import Approvals
from bot.incidents.discretion import Discretion
from bot.incidents.drift import Field, left_by, moved_since, retargeted, standing
from bot.incidents.readings import parsed
from bot.incidents.service import Incidents
from tools.kit.catalog import Catalog
from tools.kit.errors import ToolError
from tools.kit.tool import ReversibleTool
from tools.kit.types import Frozen


class MovedError(CommandRefusedError):
    """Something else stands there now than what the step left, so nothing was undone."""


class Restored(Frozen):
    """One field of what would be put back."""

    step: int
    """Index of the step that changed it."""
    target: str
    field: str
    now: Any
    left: Any
    """What the step made of it."""
    back: Any
    """What it was before, and would be again."""


class Offered(Frozen):
    """What a person would put back, as things stand."""

    steps: tuple[int, ...]
    fields: tuple[Restored, ...]

    @property
    def digest(self) -> str:
        """Of all that a person is shown: what differs is not what they agreed to."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    @property
    def over(self) -> tuple[Found, ...]:
        """What would be written over that is not of the plan's making."""
        return tuple(
            Found(step=f.step, target=f.target, field=f.field, value=f.now)
            for f in self.fields
            if f.now != f.left
        )


class Undoing:
    """Only those who may approve a plan may have it undone, and Slack is asked at the click.

    A worker then does it, by the plan's own checkpoints, and looks once more right before.
    """

    def __init__(
        self,
        incidents: Incidents,
        catalog: Catalog,
        approvals: Approvals,
        discretion: Discretion,
    ) -> None:
        self._incidents = incidents
        self._catalog = catalog
        self._approvals = approvals
        self._discretion = discretion

    async def undo(self, incident_id: str, plan_id: str, digest: str, user: str) -> Incident:
        """Have undone what is live of the plan. Raises MovedError, once that is on record, where
        something else stands there now; else CommandRefusedError, and nothing was changed."""
        state, command = await self._asked(incident_id, plan_id, digest, user)
        above: set[Field] = set()
        for index in command.steps:
            step, fresh = state.plan.steps[index], await self._look(state, index)
            now = standing(step, fresh)
            # What a later step changed as well stands as the step left it once that is undone.
            hidden = [
                Found(step=index, target=at[0], field=at[1], value=now[at])
                for at in above & now.keys()
            ]
            above |= now.keys()
            moved = moved_since(step, fresh, hidden)
            if moved:
                moved = str(self._discretion.clean(moved))
                refuse = c.FinishRollback(
                    at=self._incidents.clock(),
                    actor=user,
                    plan_id=plan_id,
                    step=index,
                    outcome="refused",
                    summary=moved,
                    moved=True,
                )
                if state.revertible:
                    await self._incidents.handle(incident_id, refuse)
                raise MovedError(f"{moved}. Nothing was changed")
        return await self._incidents.handle(incident_id, command)

    async def require(self, incident_id: str, plan_id: str, digest: str, user: str) -> None:
        """Raise CommandRefusedError where `user` may not have it put back now."""
        await self._asked(incident_id, plan_id, digest, user)

    async def consider(self, incident_id: str, plan_id: str, digest: str, user: str) -> Offered:
        """What would be put back, for somebody who may do so. Raises CommandRefusedError."""
        state, command = await self._asked(incident_id, plan_id, digest, user)
        fields: dict[Field, Restored] = {}
        for index in command.steps:
            step, fresh = state.plan.steps[index], await self._look(state, index)
            elsewhere = retargeted(step, fresh)
            if elsewhere:
                raise CommandRefusedError(f"{elsewhere}; put it back by hand")
            left = left_by(step, fresh)
            was = {
                (change.target, change.field): state.plan.before(index, change)
                for change in step.dry_run.changes
            }
            for at, now in standing(step, fresh).items():
                back = was.get(at, left[at])
                if at in fields:
                    # A later step changed it as well: both are put back, that one first.
                    fields[at] = fields[at].model_copy(update={"back": back})
                    continue
                fields[at] = Restored(
                    step=index, target=at[0], field=at[1], now=now, left=left[at], back=back
                )
        if self._discretion.holds_secret([f.model_dump(mode="json") for f in fields.values()]):
            raise CommandRefusedError("what stands there now holds a secret; put it back by hand")
        return Offered(steps=command.steps, fields=tuple(fields.values()))

    async def roll_back(
        self, incident_id: str, plan_id: str, digest: str, shown: str, user: str
    ) -> Incident:
        """Have it put back over what stands there, as the person was shown it.

        `shown`: digest of what they saw. Raises MovedError where something else stands there now.
        """
        offered = await self.consider(incident_id, plan_id, digest, user)
        if offered.digest != shown:
            raise MovedError("something else stands there by now; look again. Nothing was changed")
        _, command = await self._asked(incident_id, plan_id, digest, user)
        seen = command.model_copy(update={"steps": offered.steps, "over": offered.over})
        return await self._incidents.handle(incident_id, seen)

    async def _asked(
        self, incident_id: str, plan_id: str, digest: str, user: str
    ) -> tuple[PlanState, c.ApproveUndo]:
        """The plan, and the command that `user` may give. Raises CommandRefusedError."""
        incident = await self._incidents.ledger.load(incident_id)
        via = await self._approvals.require(incident, plan_id, user, "undo")
        state = incident.plans[plan_id]
        command = c.ApproveUndo(
            at=self._incidents.clock(),
            actor=user,
            plan_id=plan_id,
            digest=digest,
            steps=undo_offered(state),
            via=via,
        )
        require_undoable(incident, command)
        return state, command

    async def _look(self, state: PlanState, index: int) -> Any:
        """A fresh dry run of a step, where its undo could still be done."""
        step, done = state.plan.steps[index], state.steps[index]
        try:
            tool = self._catalog.write(step.tool)
            if not isinstance(tool, ReversibleTool) or done.checkpoint is None:
                raise CommandRefusedError(f"{step.tool} has no undo any more; do it by hand")
            if tool.version != step.version:
                raise CommandRefusedError(
                    f"{step.tool} is version {tool.version} now, the step ran with {step.version};"
                    " put it back by hand"
                )
            tool.saved.model_validate(done.checkpoint)
            return await preview(
                tool, parsed(tool, step.params), call_context(self._incidents.clock())
            )
        except ValidationError as error:
            raise CommandRefusedError(
                f"{step.tool} can't read what it saved any more; put it back by hand"
            ) from error
        except ToolError as error:
            raise CommandRefusedError(f"what stands there now can't be read: {error}") from error
