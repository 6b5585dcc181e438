"""A plan on its way: judged, approved, run step by step, verified or undone.

Longer than other files on purpose: every state of a plan, and what may follow it, in one place.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.domain import events as e
from bot.domain.quorum import missing
from bot.domain.values import Allow, Ask, Decision, Plan, Verdict
from tools.kit.types import Frozen, Handle


class PlanStatus(StrEnum):
    BLOCKED = "blocked"
    """Denied by policy, or a person's to run."""
    AWAITING = "awaiting"
    REJECTED = "rejected"
    VOID = "void"
    READY = "ready"
    """Allowed or approved; no step has started."""
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class StepStatus(StrEnum):
    PENDING = "pending"
    STARTED = "started"
    SUCCEEDED = "succeeded"
    """The call landed; whether the world is right is not known yet."""
    VERIFIED = "verified"
    FAILED = "failed"
    """The call did not land, or the world is not right after it."""
    UNKNOWN = "unknown"
    UNDOING = "undoing"
    UNDONE = "undone"
    STUCK = "stuck"
    """Its undo failed or was refused: a person's."""


class StepState(Frozen):
    status: StepStatus = StepStatus.PENDING
    key: str = ""
    checkpoint: dict[str, Any] | None = None
    handle: Handle | None = None
    deadline: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    landed: bool = False
    """The call reached the target, so there may be something to undo."""
    summary: str = ""
    failure: str = ""
    """Why it failed, kept when it was undone since."""
    undone_at: datetime | None = None
    rollback_key: str = ""
    moved: bool = False
    """Its undo was refused: something else stands there now than what the step left."""
    services: tuple[str, ...] = ()
    """Those it touches, as they were known when it started."""


class PlanState(Frozen):
    """A plan, the gate's verdict on it and how far it came."""

    plan: Plan
    verdict: Verdict
    digest: str
    proposed_at: datetime
    status: PlanStatus
    expires_at: datetime | None = None
    decisions: tuple[Decision, ...] = ()
    ready_at: datetime | None = None
    void: e.PlanVoided | None = None
    halt: e.PlanHalted | None = None
    undo: e.UndoApproved | None = None
    """The last time that a person had steps of it put back."""
    done_at: datetime | None = None
    replan_asked: bool = False
    """A person asked to look again."""
    handed_over: bool = False
    """A person was called to take it from here."""
    steps: tuple[StepState, ...]
    recovered: bool | None = None
    recovery: str = ""
    touched_at: datetime
    """When the last event of this plan happened."""

    @classmethod
    def proposed(cls, plan: Plan, verdict: Verdict, at: datetime) -> PlanState:
        match verdict:
            case Allow():
                status = PlanStatus.READY
            case Ask():
                status = PlanStatus.AWAITING
            case _:
                status = PlanStatus.BLOCKED
        return cls(
            plan=plan,
            verdict=verdict,
            digest=plan.digest(verdict.rule),
            proposed_at=at,
            ready_at=at if status is PlanStatus.READY else None,
            status=status,
            steps=tuple(StepState() for _ in plan.steps),
            touched_at=at,
        )

    @property
    def approvers(self) -> tuple[str, ...]:
        """Who approved, in order, each once."""
        return tuple(dict.fromkeys(d.by for d in self.decisions if d.choice == "approve"))

    @property
    def decided_by(self) -> str | None:
        """The last person to decide, or the rule that let it run."""
        if self.decisions:
            return self.decisions[-1].by
        return f"policy:{self.verdict.rule}" if isinstance(self.verdict, Allow) else None

    @property
    def current(self) -> int | None:
        """Index of the step that is under way or next; None when all are verified."""
        for index, step in enumerate(self.steps):
            if step.status is not StepStatus.VERIFIED:
                return index
        return None

    @property
    def all_verified(self) -> bool:
        return self.current is None

    @property
    def landed(self) -> bool:
        """Whether any step of it has reached its target."""
        return any(step.landed for step in self.steps)

    @property
    def wants_replan(self) -> bool:
        """Voided by a moving world, or over in another way and a person asks again."""
        if self.handed_over:
            return False
        if self.replan_asked:
            return self.status in (PlanStatus.VOID, PlanStatus.FAILED)
        moved = self.void is not None and self.void.cause in ("drift", "guard", "policy")
        return self.status is PlanStatus.VOID and moved

    @property
    def remaining(self) -> tuple[int, ...]:
        """Steps that a new plan would take again: those that are done and live stay out of it."""
        return tuple(i for i, s in enumerate(self.steps) if s.status is not StepStatus.VERIFIED)

    @property
    def may_ask_again(self) -> bool:
        """It is over, nothing of it is in doubt, and something of it is still to be done."""
        if self.replan_asked or self.handed_over or not self.remaining:
            return False
        doubt = {StepStatus.UNKNOWN, StepStatus.STUCK}
        settled = not self.undoable and not doubt & {step.status for step in self.steps}
        return self.status is PlanStatus.VOID or (self.status is PlanStatus.FAILED and settled)

    @property
    def live(self) -> bool:
        """Whether steps of it may have reached a target and its end is still open."""
        return self.status is PlanStatus.RUNNING or bool(self.undoable)

    @property
    def ended_by_hand(self) -> bool:
        """A person ended it halfway: what has run stays as it is, unless they have it undone."""
        return self.void is not None and self.void.cause in ("stopped", "halted")

    @property
    def undoable(self) -> tuple[int, ...]:
        """Steps to put back, last first, where the state of each is known.

        In a plan that failed, by itself; in one that is done or was ended by hand, those that a
        person wants undone.
        """
        states = {s.status for s in self.steps}
        if states & {StepStatus.UNKNOWN, StepStatus.STUCK}:
            return ()
        wanted = self.undo.steps if self.undo else ()
        if self.status is PlanStatus.FAILED and not self.ended_by_hand:
            return self._standing
        return tuple(i for i in self._standing if i in wanted)

    @property
    def revertible(self) -> tuple[int, ...]:
        """Steps that a person may have put back, last first: nothing does so by itself."""
        over = self.status is PlanStatus.DONE or self.ended_by_hand
        doubt = {StepStatus.STARTED, StepStatus.UNKNOWN, StepStatus.STUCK, StepStatus.UNDOING}
        known = not doubt & {step.status for step in self.steps}
        return self._standing if over and known and self.undo is None else ()

    @property
    def overwritable(self) -> tuple[int, ...]:
        """Steps, last first, that a person may have put back over what stands there now: the undo
        of one was refused before it began, and none is in doubt."""
        stuck = [step for step in self.steps if step.status is StepStatus.STUCK]
        doubt = {StepStatus.STARTED, StepStatus.UNKNOWN, StepStatus.UNDOING}
        known = not doubt & {step.status for step in self.steps}
        begun = any(step.rollback_key for step in stuck)
        return self._standing if stuck and known and not begun else ()

    @property
    def rolled_back_at(self) -> datetime | None:
        """When the last of what a person wanted undone was; None while something of it stands."""
        wanted = [self.steps[index] for index in self.undo.steps] if self.undo else []
        times = [step.undone_at for step in wanted if step.undone_at]
        return max(times) if times and len(times) == len(wanted) else None

    @property
    def _standing(self) -> tuple[int, ...]:
        """What landed, can be put back and was not, last first."""
        return tuple(
            i
            for i in reversed(range(len(self.steps)))
            if self.steps[i].landed
            and self.plan.steps[i].reversible
            and self.steps[i].status is not StepStatus.UNDONE
        )

    def evolve(self, event: e.IncidentEvent) -> PlanState:
        """Apply one event of this plan."""
        return self._apply(event).model_copy(update={"touched_at": event.at})

    def _apply(self, event: e.IncidentEvent) -> PlanState:
        match event:
            case e.ApprovalRequested():
                return self._set(expires_at=event.expires_at)
            case e.ApprovalDecided():
                return self._decided(event)
            case e.PlanVoided():
                started = any(step.landed for step in self.steps)
                status = PlanStatus.FAILED if started else PlanStatus.VOID
                return self._set(status=status, void=event)
            case e.PlanHalted():
                return self._set(halt=event)
            case e.UndoApproved():
                return self._set(undo=event)._freed(event.steps)
            case e.ReplanRequested():
                return self._set(replan_asked=True)
            case e.PersonCalled():
                return self._set(handed_over=True)
            case e.ActionStarted():
                return self._set(status=PlanStatus.RUNNING)._step(
                    event.step,
                    status=StepStatus.STARTED,
                    key=event.key,
                    checkpoint=event.checkpoint,
                    deadline=event.deadline,
                    started_at=event.at,
                    services=event.services,
                )
            case e.ActionFinished():
                after = self._step(
                    event.step,
                    status=StepStatus(event.outcome),
                    handle=event.handle,
                    summary=event.summary,
                    finished_at=event.at,
                    landed=event.outcome == "succeeded",
                )
                if event.outcome == "succeeded":
                    return after
                return after._failed(event.step, event.summary)
            case e.ActionVerified(passed=True):
                after = self._step(event.step, status=StepStatus.VERIFIED, summary=event.summary)
                done = after.all_verified and not self.plan.verify
                return after._done(event.at) if done else after
            case e.ActionVerified():
                after = self._step(event.step, status=StepStatus.FAILED, summary=event.summary)
                return after._failed(event.step, event.summary)
            case e.RecoveryVerified():
                after = self._set(recovered=event.passed, recovery=event.summary)
                return (
                    after._done(event.at) if event.passed else after._set(status=PlanStatus.FAILED)
                )
            case e.RollbackStarted():
                return self._step(
                    event.step,
                    status=StepStatus.UNDOING,
                    rollback_key=event.key,
                    deadline=event.deadline,
                )
            case e.RollbackFinished(outcome="succeeded"):
                return self._step(
                    event.step,
                    status=StepStatus.UNDONE,
                    summary=event.summary,
                    undone_at=event.at,
                )
            case e.RollbackFinished():
                return self._step(
                    event.step, status=StepStatus.STUCK, summary=event.summary, moved=event.moved
                )
            case _:
                return self

    def _decided(self, event: e.ApprovalDecided) -> PlanState:
        decision = Decision(
            choice=event.choice, by=event.actor, at=event.at, reason=event.reason, via=event.via
        )
        after = self._set(decisions=(*self.decisions, decision))
        if event.choice == "reject":
            return after._set(status=PlanStatus.REJECTED)
        if not isinstance(self.verdict, Ask) or missing(self.verdict, after.decisions):
            return after
        return after._set(status=PlanStatus.READY, ready_at=event.at)

    def _done(self, at: datetime) -> PlanState:
        return self._set(status=PlanStatus.DONE, done_at=at)

    def _freed(self, steps: tuple[int, ...]) -> PlanState:
        """A person decided about what was stuck: it stands as it did before."""
        after = self
        for index in steps:
            if after.steps[index].status is StepStatus.STUCK:
                failed = after.steps[index].failure
                status = StepStatus.FAILED if failed else StepStatus.VERIFIED
                after = after._step(index, status=status, moved=False)
        return after

    def _failed(self, step: int, why: str) -> PlanState:
        return self._set(status=PlanStatus.FAILED)._step(step, failure=why)

    def _set(self, **changes: object) -> PlanState:
        return self.model_copy(update=changes)

    def _step(self, index: int, **changes: object) -> PlanState:
        steps = list(self.steps)
        steps[index] = steps[index].model_copy(update=changes)
        return self._set(steps=tuple(steps))
