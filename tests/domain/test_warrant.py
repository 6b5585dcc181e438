"""No effect without an earlier approval or a recorded policy decision: judged by the events."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain import events as e
from bot.domain.values import ApprovalGroup
from bot.domain.warrant import unwarranted
from tests.fakes.story import (
    ALLOW,
    DENY,
    ESCALATE,
    EXPIRES,
    ask,
    at,
    decided,
    done,
    finished,
    opened,
    plan,
    proposed,
    started,
    undoing,
    voided,
)

pytestmark = pytest.mark.invariant(9)


def lacks(*parts: Any) -> list[tuple[int, str]]:
    """What is found, with the commit in which it stands; each part is a commit."""
    commits: list[tuple[int, list[Any]]] = [
        (number, [part] if isinstance(part, e.Event) else list(part))
        for number, part in enumerate(parts, start=1)
    ]
    return [(flaw.first, flaw.what) for flaw in unwarranted(commits)]


def start(**changes: Any) -> e.ActionStarted:
    return started().model_copy(update=changes)


def approval(**changes: Any) -> e.IncidentEvent:
    return decided().model_copy(update=changes)


def by_oncall(who: str) -> e.IncidentEvent:
    return decided(by=who).model_copy(update={"via": ("@oncall",)})


TEAMS = ask(2).model_copy(
    update={
        "approvers": ("@oncall", "@security"),
        "groups": (
            ApprovalGroup(approvers=("@oncall",)),
            ApprovalGroup(approvers=("@security",)),
        ),
    }
)


@pytest.mark.parametrize(
    "parts",
    [
        (opened(), proposed(), decided(), done(0), done(1)),
        (opened(), proposed(verdict=ALLOW), done(0), done(1)),
        (opened(), proposed(verdict=ask(2)), decided(), decided(by="U2"), started()),
        (opened(), [*proposed(), decided(), started()]),
        (opened(), proposed(), decided(), started(), finished(), undoing()),
    ],
    ids=["approved", "allowed", "by two", "in one commit", "undone"],
)
def test_one_with_a_warrant_is_in_order(parts: Any) -> None:
    assert lacks(*parts) == []


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ((opened(), started()), "started without a plan"),
        ((proposed(), started()), "started with 0 of 1 approvals"),
        ((proposed(), started(), decided()), "started with 0 of 1 approvals"),
        ((proposed(), [started(), decided()]), "started with 0 of 1 approvals"),
        ((proposed(verdict=ask(2)), decided(), decided(), started()), "1 of 2 approvals"),
        (
            (proposed(verdict=TEAMS), approval(via=("@oncall",)), by_oncall("U2"), started()),
            "2 of 2 approvals, lacking 1 of @security",
        ),
        ((proposed(), approval(digest="of another plan"), started()), "0 of 1 approvals"),
        ((proposed(), approval(at=at(2 + EXPIRES)), started()), "0 of 1 approvals"),
        ((proposed(), decided("reject"), started()), "started though it was rejected"),
        ((proposed(), decided(), decided("reject", "U2"), started()), "it was rejected"),
        ((proposed(), decided(), voided("drift"), started()), "after its plan was void"),
        ((proposed(verdict=DENY), decided(), started()), "though policy said deny"),
        ((proposed(verdict=ESCALATE), decided(), started()), "though policy said escalate"),
        ((proposed(), decided(), started(), started()), "started twice"),
        ((proposed(), decided(), start(step=7)), "is no step of its plan"),
        ((proposed(), decided(), start(digest="f" * 64)), "started as plan ffffffff"),
        ((proposed(), decided(), start(rule="other")), "under rule 'other', 'change' judged it"),
        ((proposed(), decided(), start(approved_by=("U9",))), "in the name of U9"),
        ((proposed(), decided(), undoing()), "was undone, though it never ran"),
        ((proposed(), decided(), done(0), undoing(), undoing()), "was undone twice"),
    ],
)
def test_one_without_is_found_with_its_entry(parts: Any, words: str) -> None:
    found = lacks(*parts)
    assert len(found) == 1, found
    [(entry, what)] = found
    at_fault = [n for n, part in enumerate(parts, start=1) if "Started" in repr(part)]
    assert entry == at_fault[-1]
    assert words in what


def test_a_plan_that_replaced_another_is_the_one_that_counts() -> None:
    second = plan("P2", steps=1)
    stale = decided().model_copy(update={"plan_id": "P2"})
    run = started(plan_id="P2")
    assert lacks(proposed(), proposed(second), stale, run) == [
        (4, "step 1 of P2 started with 0 of 1 approvals, lacking 1 of @oncall")
    ]
