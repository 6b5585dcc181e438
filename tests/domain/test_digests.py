"""What an approval is bound to, and what it is not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.events import PlanProposed, dump, load_decisions
from bot.domain.values import Plan
from tests.fakes.story import ask, at, guard, plan, step
from tools.kit.types import Change, DryRun, Effect, Target


def with_dry_run(**changes: Any) -> Plan:
    dry_run = DryRun.model_validate({**step().dry_run.model_dump(), **changes})
    return plan(steps=1).model_copy(update={"steps": (step(dry_run=dry_run),)})


def with_step(**changes: Any) -> Plan:
    return plan(steps=1).model_copy(update={"steps": (step(**changes),)})


def change(**changes: Any) -> tuple[Change, ...]:
    shown = step().dry_run.changes[0]
    return (shown.model_copy(update=changes),)


HALL, ATTIC = Target(kind="lamp", name="hall"), Target(kind="lamp", name="attic")


@pytest.mark.parametrize(
    "other",
    [
        with_step(tool="repaint"),
        with_step(version=2),
        with_step(params={"lamp": "hall", "colour": "blue"}),
        with_dry_run(targets=(ATTIC,)),
        with_dry_run(targets=(HALL, ATTIC)),
        with_dry_run(targets=(Target(kind="torch", name="hall"),)),
        with_dry_run(changes=()),
        with_dry_run(changes=change(before="yellow")),
        with_dry_run(changes=change(after="blue")),
        with_dry_run(changes=change(field="size")),
        with_dry_run(changes=change(target="attic")),
        plan(steps=2),
        plan(steps=1, guards=(guard(),)),
    ],
    ids=lambda p: "",
)
def test_each_thing_that_would_run_differently_changes_it(other: Plan) -> None:
    assert other.digest("change") != plan(steps=1).digest("change")


def test_another_rule_changes_it() -> None:
    assert plan().digest("change") != plan().digest("destructive")


def test_another_order_changes_it() -> None:
    turned = plan().model_copy(update={"steps": tuple(reversed(plan().steps))})
    assert turned.digest("change") != plan().digest("change")


@pytest.mark.parametrize(
    "changes",
    [{"expect": "grams < 11"}, {"params": {"lamp": "attic"}}, {"tool": "x"}, {"known": {"g": 1}}],
)
def test_another_guard_changes_it(changes: dict[str, Any]) -> None:
    one, other = plan(guards=(guard(),)), plan(guards=(guard(**changes),))
    assert one.digest("change") != other.digest("change")


@pytest.mark.parametrize(
    "same",
    [
        with_dry_run(summary="Make it nice"),
        with_dry_run(warnings=("wet paint",)),
        with_dry_run(affects=("the hall",)),
        plan(steps=1, resolution="it is green"),
        plan(steps=1, verify_within=1),
        plan("P2", steps=1),
    ],
    ids=lambda p: "",
)
def test_prose_does_not(same: Plan) -> None:
    assert same.digest("change") == plan(steps=1).digest("change")


def test_a_guards_reading_as_shown_does_not() -> None:
    one, other = plan(guards=(guard(),)), plan(guards=(guard(shown="2 g (limit 10)"),))
    assert one.digest("change") == other.digest("change")


def test_the_order_of_targets_does_not() -> None:
    one, other = with_dry_run(targets=(HALL, ATTIC)), with_dry_run(targets=(ATTIC, HALL))
    assert one.digest("change") == other.digest("change")


def test_true_and_1_differ() -> None:
    one, other = with_dry_run(changes=change(after=True)), with_dry_run(changes=change(after=1))
    assert one.digest("change") != other.digest("change")


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
_VALUES = st.one_of(
    _TEXTS,
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.none(),
)


@settings(max_examples=300, deadline=None)
@given(_VALUES, _VALUES, st.dictionaries(_TEXTS, st.one_of(_VALUES, st.lists(_VALUES))))
def test_it_is_the_same_after_the_ledger_kept_it(
    before: Any, after: Any, params: dict[str, Any]
) -> None:
    kept = with_step(params=params, dry_run=changing(before, after))
    proposed = PlanProposed(at=at(0), actor="opsbot", plan=kept, verdict=ask())
    [loaded] = load_decisions(dump([proposed]).encode())
    assert isinstance(loaded, PlanProposed)
    assert loaded.plan.digest("change") == kept.digest("change")


def changing(before: Any, after: Any) -> DryRun:
    shown = step().dry_run
    change = Change(target="hall", field="colour", before=before, after=after)
    return shown.model_copy(update={"changes": (change,)})


def test_no_field_holds_a_clock() -> None:
    assert str(at(0).year) not in step(effect=Effect.WRITE).model_dump_json()
