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
    recovered,
    started,
    undoing,
    undone,
    verified,
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


def requested(**changes: Any) -> e.IncidentEvent:
    """Somebody is asked, with an hour more to answer in."""
    given = {"expires_at": at(2 + EXPIRES + 3600), **changes}
    return proposed()[1].model_copy(update=given)


def late() -> e.IncidentEvent:
    return approval(at=at(2 + EXPIRES + 60))


def by_oncall(who: str) -> e.IncidentEvent:
    return decided(by=who).model_copy(update={"via": ("@oncall",)})


LED = ask().model_copy(update={"approvers": ("@oncall", "commander")})
AS_COMMANDER = decided().model_copy(update={"via": ("commander",)})
PROMPTED = plan(requester="U2", prompted_by=("U1",))


def leads(who: str) -> e.CommandTaken:
    return e.CommandTaken(at=at(5), actor=who)


TEAMS = ask(2).model_copy(
    update={
        "approvers": ("@oncall", "@security"),
        "groups": (
            ApprovalGroup(approvers=("@oncall",)),
            ApprovalGroup(approvers=("@security",)),
        ),
    }
)


RAN = (opened(), proposed(), decided(), started(), finished())
FAILED = (*RAN, verified(passed=False))


def want(**changes: Any) -> e.UndoApproved:
    wanted = e.UndoApproved(
        at=at(25),
        actor="U1",
        plan_id="P1",
        digest=plan().digest("change"),
        steps=(0,),
        via=("@oncall",),
    )
    return wanted.model_copy(update=changes)


WANTED = want()


OPEN = ALLOW.model_copy(update={"may_undo": ("@oncall",)})
OF_OPEN = {"digest": plan().digest(OPEN.rule)}


def wanted_undo() -> e.RollbackStarted:
    return undoing().model_copy(update={"approved_by": "U1"})


@pytest.mark.parametrize(
    "parts",
    [
        (opened(), proposed(), decided(), done(0), done(1)),
        (opened(), proposed(verdict=ALLOW), done(0), done(1)),
        (opened(), proposed(verdict=OPEN), done(0), want(**OF_OPEN), wanted_undo()),
        (opened(), proposed(verdict=ask(2)), decided(), decided(by="U2"), started()),
        (opened(), [*proposed(), decided(), started()]),
        (*RAN, verified(passed=False), undoing()),
        (*RAN, started(1), finished(1, "failed"), undoing()),
        (*RAN, verified(), recovered(passed=False), undoing()),
        (*RAN, voided("guard"), undoing()),
        (*RAN, verified(), WANTED, wanted_undo()),
        (*RAN, WANTED, proposed(plan("books-open"), ALLOW), wanted_undo()),
        (proposed(), decided(), done(0), voided("guard"), undone(1, "refused"), undoing()),
        (*RAN, voided("halted"), WANTED, wanted_undo()),
        (*FAILED, undone(0, "refused"), WANTED, wanted_undo()),
        (proposed(), decided(), done(0), done(1), recovered(passed=False), undoing(1), undoing()),
        (proposed(), decided(), start(digest=plan().digest("change"), rule="change")),
        (proposed(verdict=LED), leads("U1"), AS_COMMANDER, leads("U2"), started()),
        (proposed(PROMPTED), decided(by="U3"), start(approved_by=("U3",))),
    ],
    ids=[
        "approved",
        "allowed",
        "allowed and undone by a person",
        "by two",
        "in one commit",
        "undone",
        "undone for a later step",
        "undone in vain",
        "undone halfway",
        "undone by a person",
        "undone by a person after the books were kept",
        "undone though another step's undo was refused",
        "undone after a halt",
        "rolled back by a person",
        "all undone",
        "with its mark",
        "by who commanded then",
        "by who did not prompt it",
    ],
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
        ((proposed()[:1], decided(), started()), "0 of 1 approvals"),
        ((proposed(), requested(digest="other"), late(), started()), "0 of 1 approvals"),
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
        ((proposed(verdict=LED), AS_COMMANDER, started()), "0 of 1 approvals"),
        ((proposed(verdict=LED), AS_COMMANDER, leads("U1"), started()), "0 of 1 approvals"),
        (
            (proposed(verdict=LED), leads("U1"), leads("U2"), AS_COMMANDER, started()),
            "0 of 1 approvals",
        ),
        ((proposed(PROMPTED), decided(by="U1"), started()), "0 of 1 approvals"),
        ((proposed(PROMPTED), decided(by="U2"), started()), "0 of 1 approvals"),
        (
            (
                proposed(verdict=LED),
                decided(by="U3").model_copy(update={"via": ("@oncall",)}),
                start(approved_by=("U3",)),
                finished(),
                verified(),
                want(via=("commander",)),
                wanted_undo(),
            ),
            "for U1, who did not command the incident",
        ),
        ((proposed(), decided(), undoing()), "was undone, though it never ran"),
        ((*FAILED, undoing(), undoing()), "was undone twice"),
        ((*RAN, undoing()), "nobody wanted it"),
        ((*FAILED, wanted_undo()), "nobody wanted it"),
        ((*RAN, verified(), recovered(), undoing()), "nobody wanted it"),
        ((*RAN, voided("halted"), undoing()), "nobody wanted it"),
        ((*RAN, voided("stopped"), undoing()), "nobody wanted it"),
        ((*FAILED, undone(0, "refused"), undoing()), "nobody wanted it"),
        ((*FAILED, WANTED, undone(0, "refused"), wanted_undo()), "nobody wanted it"),
        ((*RAN, want(steps=(1,)), wanted_undo()), "nobody wanted it"),
        ((*RAN, want(plan_id="P2"), wanted_undo()), "nobody wanted it"),
        ((*RAN, want(via=()), wanted_undo()), "for U1, who may not approve it"),
        ((*RAN, want(via=("@security",)), wanted_undo()), "for U1, who may not approve it"),
        (
            (proposed(verdict=ALLOW), done(0), want(**OF_OPEN), wanted_undo()),
            "for U1, who may not approve it",
        ),
        (
            (proposed(verdict=OPEN), done(0), want(**OF_OPEN, via=("@dba",)), wanted_undo()),
            "for U1, who may not approve it",
        ),
        ((*RAN, want(digest="f" * 64), wanted_undo()), "as plan ffffffff, which is another"),
        ((*RAN, want(actor="U2"), wanted_undo()), "in the name of U1, not of U2"),
        ((*RAN, WANTED, undoing()), "in the name of nobody, not of U1"),
        ((proposed(), decided(), done(0), undoing(1)), "was undone, though it never ran"),
        ((proposed(), decided(), started(), undoing()), "was undone, though it never ran"),
        (
            (proposed(), decided(), started(), finished(outcome="failed"), undoing()),
            "was undone, though it never ran",
        ),
    ],
)
def test_one_without_is_found_with_its_entry(parts: Any, words: str) -> None:
    found = lacks(*parts)
    assert len(found) == 1, found
    [(entry, what)] = found
    at_fault = [n for n, part in enumerate(parts, start=1) if "Started" in repr(part)]
    assert entry == at_fault[-1]
    assert words in what


def test_of_a_plan_whose_proposal_is_gone_nothing_may_be_undone() -> None:
    found = lacks(opened(), decided(), started(), finished(), WANTED, wanted_undo())
    assert "was undone for U1, who may not approve it" in found[-1][1]


class TestSeveralPlansInOneTrail:
    """Each stands for itself, though the steps and so the digests may be the same."""

    TWIN = plan("P2")
    BOOKS = plan("books-open", steps=1)

    def approves(self, plan_id: str, choice: str = "approve", **changes: Any) -> e.IncidentEvent:
        given = {"plan_id": plan_id, **changes}
        return decided(choice).model_copy(update=given)

    def test_a_plan_that_replaced_another_is_the_one_that_counts(self) -> None:
        second = plan("P2", steps=1)
        run = started(plan_id="P2")
        assert lacks(proposed(), proposed(second), self.approves("P2"), run) == [
            (4, "step 1 of P2 started with 0 of 1 approvals, lacking 1 of @oncall")
        ]

    def test_what_one_may_do_is_no_warrant_for_another(self) -> None:
        trail = (proposed(), proposed(self.BOOKS, ALLOW), started())
        assert lacks(*trail) == [
            (3, "step 1 of P1 started with 0 of 1 approvals, lacking 1 of @oncall")
        ]

    def test_an_approval_of_one_is_none_of_its_twin(self) -> None:
        trail = (proposed(), proposed(self.TWIN), decided(), started(plan_id="P2"))
        assert lacks(*trail) == [
            (4, "step 1 of P2 started with 0 of 1 approvals, lacking 1 of @oncall")
        ]

    def test_the_time_to_answer_one_is_not_that_of_its_twin(self) -> None:
        twin = [proposed(self.TWIN)[0], requested(plan_id="P2")]
        assert len(lacks(proposed(), twin, late(), started())) == 1
        answer = self.approves("P2", at=late().at)
        assert lacks(proposed(), twin, answer, started(plan_id="P2")) == []

    def test_a_step_of_one_that_ran_is_no_step_of_another(self) -> None:
        trail = (proposed(), decided(), done(0), voided("failed"), proposed(self.TWIN))
        assert lacks(*trail, self.approves("P2"), done(0, "P2")) == []

    def test_a_rejection_of_one_is_none_of_the_next(self) -> None:
        trail = (proposed(), decided("reject"), proposed(self.TWIN))
        assert lacks(*trail, self.approves("P2"), started(plan_id="P2")) == []

    def test_what_ran_of_one_is_no_reason_to_undo_another(self) -> None:
        trail = (proposed(), proposed(self.BOOKS, ALLOW), done(0, "books-open"))
        assert lacks(*trail, undoing()) == [(4, "step 1 of P1 was undone, though it never ran")]

    def test_an_undo_of_one_is_none_of_another(self) -> None:
        first = (proposed(), decided(), done(0), voided("guard"), undoing())
        second = (proposed(self.TWIN), self.approves("P2"), done(0, "P2"), voided("guard", "P2"))
        undone = undoing().model_copy(update={"plan_id": "P2"})
        assert lacks(*first, *second, undone) == []


def test_who_does_something_else_meanwhile_takes_no_command_by_it() -> None:
    noted = e.NoteAdded(at=at(6), actor="U9", text="the painter was here")
    trail = (opened(), leads("U1"), proposed(verdict=LED), noted, AS_COMMANDER, started())
    assert lacks(*trail) == []
