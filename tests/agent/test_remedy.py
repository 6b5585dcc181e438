"""What a model wants, held against the runbook's own plan, and what the gate makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from bot.agent.remedy import spelt_out, wished_plan
from bot.domain.values import Intended, PlanDraft, Verdict
from bot.policy.blast import blast
from bot.policy.facts import Circumstances, Facts
from bot.policy.gate import judge
from bot.policy.inventory import Inventory
from bot.policy.rules import Policy
from tests.fakes.house import ALLOWING, APPROVERS, INVENTORY, draft, rules
from tests.fakes.story import START, step
from tests.fakes.tools import CreateTicket, World
from tools.kit.catalog import Catalog

PLAYBOOK = draft("hall", "attic")
HALL, ATTIC = (s.model_copy(update={"cites": ""}) for s in PLAYBOOK.steps)
MOMENT = Circumstances(now=START)


def wanted(steps: Sequence[Intended], playbook: PlanDraft | None = PLAYBOOK) -> PlanDraft:
    plan = wished_plan(steps, playbook, "model")
    assert plan is not None
    return plan


def verdict(plan: PlanDraft, policy: Policy | None = None) -> Verdict:
    """Of the gate, as the planner asks it."""
    facts = [
        Facts(
            tool=s.tool,
            effect=step().effect,
            purpose="fix",
            reversible=True,
            playbook=("partial" if plan.partial else "pinned")
            if plan.runbook and s.cites
            else "none",
            tainted=s.tainted,
            confidence="high",
            radius=blast(step().dry_run, step().effect, Inventory.model_validate(INVENTORY)),
        )
        for s in plan.steps
    ]
    return judge(policy or rules(), facts, APPROVERS, MOMENT)


def changed(**params: Any) -> Intended:
    return HALL.model_copy(update={"params": {**HALL.params, **params}})


def test_the_runbooks_steps_to_the_letter_cite_it_and_bring_its_guards_along() -> None:
    plan = wanted([HALL, ATTIC])
    assert plan == PLAYBOOK.model_copy(update={"requester": "model"})
    assert verdict(plan).kind == "ask"


def test_the_order_of_the_parameters_is_no_change() -> None:
    turned = HALL.model_copy(update={"params": dict(reversed(HALL.params.items()))})
    assert wanted([turned]).steps[0].cites == "red-lamp#1"


@pytest.mark.parametrize(
    "other",
    [
        changed(lamp="cellar"),
        changed(colour="Green"),
        changed(colour="green "),
        changed(force=True),
        HALL.model_copy(update={"tool": "paint_all"}),
        HALL.model_copy(update={"params": {"lamp": "hall"}}),
    ],
    ids=["target", "case", "space", "one more", "tool", "one fewer"],
)
def test_one_thing_changed_cites_nothing_and_goes_to_a_person(other: Intended) -> None:
    plan = wanted([other])
    assert (plan.steps[0].cites, plan.runbook, plan.guards) == ("", None, ())
    assert verdict(plan, rules(*ALLOWING)).kind in ("ask", "escalate")
    assert verdict(plan).kind == "escalate"


def test_a_citation_that_the_model_made_up_is_not_taken() -> None:
    forged = changed(lamp="cellar").model_copy(update={"cites": "red-lamp#1"})
    assert wanted([forged]).steps[0].cites == ""


def test_a_made_up_citation_is_not_taken_either_beside_a_true_step() -> None:
    forged = changed(lamp="cellar").model_copy(update={"cites": "red-lamp#2"})
    assert [s.cites for s in wanted([HALL, forged]).steps] == ["red-lamp#1", ""]


def test_one_foreign_step_among_the_runbooks_own_takes_the_whole_plan_to_a_person() -> None:
    plan = wanted([HALL, ATTIC, changed(lamp="cellar")])
    assert [s.cites for s in plan.steps] == ["red-lamp#1", "red-lamp#2", ""]
    assert verdict(plan).kind == "escalate"


def test_a_part_of_the_runbooks_steps_keeps_its_guards_but_not_its_resolution() -> None:
    plan = wanted([HALL])
    assert (plan.guards, plan.verify) == (PLAYBOOK.guards, PLAYBOOK.verify)
    assert plan.resolution == ""


def test_a_part_of_the_runbooks_steps_does_not_run_without_a_person() -> None:
    assert verdict(wanted([HALL]), rules(*ALLOWING)).kind == "ask"
    assert verdict(wanted([HALL, ATTIC]), rules(*ALLOWING)).kind == "allow"


def test_what_a_model_thought_of_is_tainted_and_what_the_runbook_wrote_is_not() -> None:
    assert [s.tainted for s in wanted([HALL, changed(lamp="cellar")]).steps] == [False, True]
    assert [s.tainted for s in wanted([HALL], None).steps] == [True]


def test_the_runbooks_steps_in_another_order_are_not_the_runbooks() -> None:
    plan = wanted([ATTIC, HALL])
    assert [s.params["lamp"] for s in plan.steps] == ["attic", "hall"]
    assert [s.cites for s in plan.steps] == ["", ""]
    assert verdict(plan, rules(*ALLOWING)).kind in ("ask", "escalate")
    assert verdict(plan).kind == "escalate"


def test_a_plan_of_a_model_is_never_the_runbooks_request() -> None:
    assert {wanted([HALL]).requester, wanted([changed(lamp="x")]).requester} == {"model"}


def test_without_a_playbook_nothing_is_cited() -> None:
    plan = wanted([HALL], None)
    assert (plan.steps[0].cites, plan.runbook) == ("", None)
    assert verdict(plan).kind == "escalate"


def test_what_a_runbook_leaves_to_a_default_is_spelt_out_for_the_comparison() -> None:
    catalog = Catalog([CreateTicket(World())])
    brief = Intended(tool="create_ticket", params={"summary": "x"}, cites="red-lamp#1")
    playbook = spelt_out(PLAYBOOK.model_copy(update={"steps": (brief,)}), catalog)
    full = {"summary": "x", "description": "", "project": None}
    [step] = wanted([Intended(tool="create_ticket", params=full)], playbook).steps
    assert step.cites == "red-lamp#1"


def test_a_step_whose_tool_is_not_there_stays_as_the_runbook_has_it() -> None:
    assert spelt_out(PLAYBOOK, Catalog(())) == PLAYBOOK


def test_no_wish_is_no_plan() -> None:
    assert wished_plan([], PLAYBOOK, "model") is None
