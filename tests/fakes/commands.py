"""Commands as they are sent, and what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.decide import decide
from bot.domain.incident import Incident
from bot.domain.refusals import CommandRefusedError
from tests.fakes.story import (
    at,
    decided,
    diagnosed,
    diagnosis,
    opened,
    plan,
    proposed,
)

APPROVED = [opened(), diagnosed(), *proposed(), decided()]
ONE_STEP = plan(steps=1, verify=())


def types(events: Sequence[e.IncidentEvent]) -> list[str]:
    return [event.type for event in events]


def after(incident: Incident, command: c.Command) -> Incident:
    for event in decide(incident, command):
        incident = incident.evolve(event)
    return incident


def start(index: int = 0, **changes: Any) -> c.StartStep:
    given: dict[str, Any] = {
        "at": at(12),
        "plan_id": "P1",
        "step": index,
        "key": "key-1",
        "checkpoint": {"colour": "red"},
        "deadline": at(42),
    }
    return c.StartStep.model_validate({**given, **changes})


def finish(outcome: str, index: int = 0) -> c.FinishStep:
    return c.FinishStep.model_validate(
        {"at": at(13), "plan_id": "P1", "step": index, "outcome": outcome, "summary": outcome}
    )


def verify(index: int = 0, *, passed: bool = True) -> c.VerifyStep:
    return c.VerifyStep(at=at(14), plan_id="P1", step=index, passed=passed, summary="looked")


def recovery(*, passed: bool) -> c.VerifyRecovery:
    return c.VerifyRecovery(at=at(20), plan_id="P1", passed=passed, summary="dust: 99 g")


def begin_undo(index: int = 0) -> c.StartRollback:
    return c.StartRollback(at=at(30), plan_id="P1", step=index, key="u", deadline=at(60))


def end_undo(outcome: str, index: int = 0) -> c.FinishRollback:
    return c.FinishRollback.model_validate(
        {"at": at(31), "plan_id": "P1", "step": index, "outcome": outcome, "summary": outcome}
    )


def void(cause: str) -> c.VoidPlan:
    return c.VoidPlan.model_validate(
        {"at": at(11), "plan_id": "P1", "cause": cause, "reason": f"because of {cause}"}
    )


def conclude(**changes: Any) -> c.Conclude:
    return c.Conclude.model_validate({"at": at(2), "diagnosis": diagnosis(), **changes})


def decision(**changes: Any) -> c.DecideApproval:
    given = {
        "at": at(10),
        "actor": "U1",
        "plan_id": "P1",
        "digest": plan().digest("change"),
        "choice": "approve",
    }
    return c.DecideApproval.model_validate({**given, **changes})


def assert_refused(incident: Incident, command: c.Command, words: str) -> None:
    with pytest.raises(CommandRefusedError) as refused:
        decide(incident, command)
    assert words in str(refused.value)
