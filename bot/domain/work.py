"""What an incident is waiting for: derived from its state, so that no queue can lose it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from bot.domain.incident import Incident
from bot.domain.plan_state import PlanState, PlanStatus, StepStatus
from bot.domain.waiting import waiting
from tools.kit.types import Frozen

Kind = Literal[
    "investigate",
    "diagnose",
    "combine",
    "hand_over",
    "call_again",
    "draft_words",
    "keep_books",
    "expire",
    "replan",
    "execute",
    "recover",
    "verify",
    "verify_recovery",
    "undo",
    "recover_undo",
    "report",
]
_CHANGES_THE_WORLD: frozenset[Kind] = frozenset({"execute", "undo"})

GRACE = timedelta(seconds=10)
"""Between a diagnosis without a plan and calling a person: other alerts may explain it."""


class Work(Frozen):
    """One thing to do for an incident, not before `due`."""

    incident: str
    kind: Kind
    ref: str = ""
    """`<plan>` or `<plan>:<step>`; a thread for diagnose; for combine `all` or `deadline`; a
    milestone for keep_books; since when it is waited for, in epoch seconds, for call_again."""
    due: datetime

    @property
    def key(self) -> str:
        """Its name in the ledger's list of due work: the same work has the same key."""
        return f"{self.incident}|{self.kind}|{self.ref}"

    @property
    def changes_the_world(self) -> bool:
        """Whether it runs in a process of its own."""
        return self.kind in _CHANGES_THE_WORLD

    @property
    def plan_step(self) -> tuple[str, int]:
        plan, _, step = self.ref.rpartition(":")
        return plan, int(step)

    @classmethod
    def parse(cls, key: str, due: datetime) -> Work:
        """From `key`. Raises ValueError for anything this release does not know."""
        incident, kind, ref = key.split("|", 2)
        return cls.model_validate({"incident": incident, "kind": kind, "ref": ref, "due": due})


def next_work(incident: Incident) -> tuple[Work, ...]:
    """Everything the incident waits for, in no order; once its last word is said, only for what a
    person has undone."""
    if not incident.opened_at:
        return ()
    if incident.reported_at:
        wanted = [plan for plan in incident.plans.values() if plan.undo]
        return tuple(w for plan in wanted for w in _of_plan(incident, plan))
    work = [w for plan in incident.plans.values() for w in _of_plan(incident, plan)]
    if not incident.resolved_at:
        work += _of_diagnosis(incident, incident.opened_at)
    waits = waiting(incident)
    if waits:
        since = f"{waits.since.timestamp():.0f}"
        work.append(Work(incident=incident.id, kind="call_again", ref=since, due=waits.until))
    if not _books(incident, "open"):
        work.append(_keep(incident, "open", incident.opened_at))
    if incident.resolved_at:
        if not _books(incident, "close"):
            if _books(incident, "open") and _settled(incident, "open"):
                work.append(_keep(incident, "close", incident.resolved_at))
        elif _settled(incident, "close"):
            work.append(Work(incident=incident.id, kind="report", due=incident.resolved_at))
    return tuple(work)


def _of_diagnosis(incident: Incident, opened_at: datetime) -> list[Work]:
    def work(kind: Kind, due: datetime, ref: str = "") -> Work:
        return Work(incident=incident.id, kind=kind, ref=ref, due=due)

    if incident.diagnosis is not None:
        since = incident.diagnosed_at or opened_at
        words = [work("draft_words", since)] if incident.wants_words and not incident.words else []
        called = any(call.at >= since for call in incident.calls)
        proposed = any(fix.proposed_at >= since for fix in incident.fixes)
        if proposed or called:
            return words
        return [*words, work("hand_over", since + GRACE)]
    if not incident.threads:
        return [work("investigate", opened_at)]
    looking = [i for i, state in incident.threads.items() if state.finished is None]
    if not looking:
        return [work("combine", incident.updated_at or opened_at, "all")]
    return [
        *(work("diagnose", opened_at, thread) for thread in looking),
        work("combine", incident.threads_deadline or opened_at, "deadline"),
    ]


def _of_plan(incident: Incident, state: PlanState) -> list[Work]:
    def work(kind: Kind, due: datetime, step: int | None = None) -> list[Work]:
        ref = state.plan.id if step is None else f"{state.plan.id}:{step}"
        return [Work(incident=incident.id, kind=kind, ref=ref, due=due)]

    if state.status is PlanStatus.AWAITING and state.expires_at:
        return work("expire", state.expires_at)
    if state.wants_replan and incident.fix is state and not incident.resolved_at:
        return work("replan", state.touched_at)
    undoing = [i for i, s in enumerate(state.steps) if s.status is StepStatus.UNDOING]
    if undoing:
        deadline = state.steps[undoing[0]].deadline
        return work("recover_undo", deadline or state.touched_at, undoing[0])
    if state.undoable:
        return work("undo", state.touched_at, state.undoable[0])
    if state.status not in (PlanStatus.READY, PlanStatus.RUNNING):
        return []
    if state.current is None:
        return work("verify_recovery", state.touched_at)
    step = state.steps[state.current]
    match step.status:
        case StepStatus.PENDING:
            return work("execute", state.touched_at, state.current)
        case StepStatus.STARTED:
            return work("recover", step.deadline or state.touched_at, state.current)
        case _:
            return work("verify", state.touched_at, state.current)


def _books(incident: Incident, milestone: str) -> bool:
    return f"books-{milestone}" in incident.plans or milestone in incident.skipped_books


def _settled(incident: Incident, milestone: str) -> bool:
    plan = incident.plans.get(f"books-{milestone}")
    waits = (PlanStatus.AWAITING, PlanStatus.READY, PlanStatus.RUNNING)
    return plan is None or plan.status not in waits


def _keep(incident: Incident, milestone: str, due: datetime) -> Work:
    return Work(incident=incident.id, kind="keep_books", ref=milestone, due=due)
