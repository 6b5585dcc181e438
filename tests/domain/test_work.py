"""What an incident waits for, state by state."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain import events as e
from bot.domain.values import Thread
from bot.domain.work import Work, next_work
from tests.fakes.story import (
    ALLOW,
    DEADLINE,
    EXPIRES,
    at,
    decided,
    diagnosed,
    done,
    finished,
    opened,
    plan,
    proposed,
    recovered,
    resolved,
    skipped,
    started,
    told,
    undoing,
    undone,
    verified,
    voided,
)

BOOKS = [skipped("open")]
APPROVED = [opened(), diagnosed(), *BOOKS, *proposed(), decided()]
BOTH_DONE = [*APPROVED, *done(0), *done(1)]
FAILED = [*BOTH_DONE, recovered(passed=False)]
OPEN_TICKET = [*proposed(plan("books-open", steps=1, verify=()), ALLOW)]
TICKET_MADE = [*OPEN_TICKET, *done(0, "books-open")]
OVER = [opened(), diagnosed(), resolved()]
CALLED = e.PersonCalled(at=at(11), actor="opsbot", to=("@oncall",), reason="no step fits")
ASSIGNED = e.ThreadsAssigned(
    at=at(1),
    actor="opsbot",
    threads=tuple(
        Thread(id=part, title=part, question="Why?", services=(part,))
        for part in ("lamps", "bells")
    ),
    deadline=at(180),
)


def thread_done(part: str) -> e.ThreadFinished:
    return e.ThreadFinished(at=at(5), actor="opsbot", thread=part, summary="painted")


def again(since: float) -> tuple[str, str, float]:
    """The next in line is called five minutes after nobody reacted."""
    return "call_again", f"{at(since).timestamp():.0f}", since + 300


CLOSING = [*proposed(plan("books-close", steps=1, verify=()), ALLOW)]


@pytest.mark.parametrize(
    ("events", "waits"),
    [
        ([], []),
        ([opened()], [("investigate", "", 0), ("keep_books", "open", 0)]),
        ([opened(), *BOOKS], [("investigate", "", 0)]),
        ([opened(), *BOOKS, diagnosed()], [("hand_over", "", 11)]),
        ([opened(), *BOOKS, diagnosed(), CALLED], [again(11)]),
        (
            [opened(severity="sev1"), *BOOKS, diagnosed(), CALLED],
            [("draft_words", "", 1), again(11)],
        ),
        (
            [opened(), *BOOKS, ASSIGNED],
            [("diagnose", "lamps", 0), ("diagnose", "bells", 0), ("combine", "deadline", 180)],
        ),
        (
            [opened(), *BOOKS, ASSIGNED, thread_done("lamps")],
            [("diagnose", "bells", 0), ("combine", "deadline", 180)],
        ),
        (
            [opened(), *BOOKS, ASSIGNED, thread_done("lamps"), thread_done("bells")],
            [("combine", "all", 5)],
        ),
        ([opened(), diagnosed(), *BOOKS, *proposed()], [("expire", "P1", 2 + EXPIRES), again(2)]),
        (APPROVED, [("execute", "P1:0", 10)]),
        ([*APPROVED, started()], [("recover", "P1:0", 12 + DEADLINE)]),
        ([*APPROVED, started(), finished()], [("verify", "P1:0", 13)]),
        ([*APPROVED, *done(0)], [("execute", "P1:1", 14)]),
        (BOTH_DONE, [("verify_recovery", "P1", 15)]),
        ([*APPROVED, voided("drift")], [("replan", "P1", 11)]),
        ([*APPROVED, voided("expired")], []),
        (
            [*APPROVED, voided("drift"), *proposed(plan("P2"))],
            [("expire", "P2", 2 + EXPIRES), again(10)],
        ),
        (FAILED, [("undo", "P1:1", 20)]),
        ([*FAILED, undoing(1)], [("recover_undo", "P1:1", 60)]),
        ([*FAILED, undoing(1), undone(1)], [("undo", "P1:0", 31)]),
        ([*FAILED, undoing(1), undone(1), undoing(0), undone(0)], []),
        ([*FAILED, undoing(1), undone(1, "failed")], []),
        (OVER, [("keep_books", "open", 0)]),
        ([*OVER, *OPEN_TICKET], [("execute", "books-open:0", 2)]),
        ([*OVER, *TICKET_MADE], [("keep_books", "close", 40)]),
        ([*OVER, *TICKET_MADE, *CLOSING], [("execute", "books-close:0", 2)]),
        ([*OVER, *TICKET_MADE, *CLOSING, *done(0, "books-close")], [("report", "", 40)]),
        ([*OVER, *BOOKS, skipped("close")], [("report", "", 40)]),
        (
            [*OVER, *BOOKS, skipped("close"), e.IncidentReported(at=at(50), actor="opsbot")],
            [],
        ),
    ],
)
def test_what_is_waited_for(events: list[Any], waits: list[tuple[str, str, float]]) -> None:
    found = {(w.kind, w.ref, w.due) for w in next_work(told(events))}
    assert found == {(kind, ref, at(due)) for kind, ref, due in waits}


def test_a_failed_verification_of_a_step_is_undone_only_as_far_as_it_came() -> None:
    incident = told(APPROVED, started(), finished(), verified(passed=False))
    assert [(w.kind, w.ref) for w in next_work(incident)] == [("undo", "P1:0")]


def test_a_key_names_its_work() -> None:
    work = next_work(told(APPROVED))[0]
    assert Work.parse(work.key, work.due) == work
    assert work.plan_step == ("P1", 0)


@pytest.mark.parametrize("key", ["INC-1|dance|P1", "INC-1|execute", ""])
def test_a_key_of_another_release_is_refused(key: str) -> None:
    with pytest.raises(ValueError):
        Work.parse(key, at(0))
