"""A fresh dry run against the one that was shown, and against what a step left."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.values import Found, Plan
from bot.incidents.drift import drift, moved_since, standing
from tests.fakes.story import plan, step
from tools.kit.types import Change, DryRun, Target


def fresh(before: Any = "red", after: Any = "green", lamp: str = "hall", **more: Any) -> DryRun:
    return DryRun(
        summary="whatever",
        targets=(Target(kind="lamp", name=lamp),),
        changes=(Change(target=lamp, field="colour", before=before, after=after),),
        **more,
    )


def same_lamp_twice() -> Plan:
    """Red → green, then green → blue: shown as red → blue, for nothing has run yet."""
    second = step(dry_run=fresh("red", "blue"))
    return plan(steps=1).model_copy(update={"steps": (step(), second)})


def test_the_same_world_has_not_drifted() -> None:
    assert drift(plan(), 0, 1, fresh(warnings=("wet paint",))) is None


@pytest.mark.parametrize(
    ("version", "dry_run", "words"),
    [
        (2, fresh(), "paint is version 2 now"),
        (1, fresh(lamp="attic"), "would now touch attic"),
        (1, fresh(before="yellow"), "hall.colour is 'yellow' now, was 'red'"),
        (1, fresh(after="blue"), "no longer become 'green'"),
        (1, fresh().model_copy(update={"changes": ()}), "no longer become 'green'"),
        (
            1,
            fresh().model_copy(
                update={
                    "changes": (
                        *fresh().changes,
                        Change(target="hall", field="size", before=1, after=2),
                    )
                }
            ),
            "hall.size would change as well now",
        ),
    ],
)
def test_each_difference_is_named(version: int, dry_run: DryRun, words: str) -> None:
    assert words in str(drift(plan(), 0, version, dry_run))


def test_what_an_earlier_step_leaves_is_expected() -> None:
    assert drift(same_lamp_twice(), 1, 1, fresh("green", "blue")) is None
    assert "is 'red' now, was 'green'" in str(drift(same_lamp_twice(), 1, 1, fresh("red", "blue")))


@pytest.mark.parametrize("dry_run", [fresh("green"), fresh().model_copy(update={"changes": ()})])
def test_what_a_step_left_has_not_moved(dry_run: DryRun) -> None:
    assert moved_since(step(), dry_run) is None


def test_what_somebody_changed_since_has_moved() -> None:
    assert moved_since(step(), fresh("blue")) == (
        "hall.colour is 'blue' now, the step left 'green'"
    )


def test_what_would_be_put_back_elsewhere_has_moved() -> None:
    assert moved_since(step(), fresh(lamp="attic")) == "paint would touch attic now"


def test_what_a_step_found_as_it_should_be_and_somebody_changed_since_has_moved() -> None:
    """Its undo would write over that: it keeps what stood there."""
    idle = step()
    idle = idle.model_copy(update={"dry_run": idle.dry_run.model_copy(update={"changes": ()})})
    assert moved_since(idle, fresh("blue")) == "hall.colour is 'blue' now, the step left 'green'"
    as_it_was = fresh().model_copy(update={"changes": ()})
    assert moved_since(idle, as_it_was) is None


def test_what_a_person_was_shown_may_be_written_over_and_nothing_else() -> None:
    shown = (Found(step=0, target="hall", field="colour", value="blue"),)
    assert moved_since(step(), fresh("blue"), shown) is None
    assert moved_since(step(), fresh("white"), shown) == (
        "hall.colour is 'white' now, you were shown 'blue'"
    )
    untouched = fresh().model_copy(update={"changes": ()})
    assert moved_since(step(), untouched, shown) == (
        "hall.colour is 'green' now, you were shown 'blue'"
    )
    elsewhere = (Found(step=0, target="attic", field="colour", value="blue"),)
    assert "the step left 'green'" in (moved_since(step(), fresh("blue"), elsewhere) or "")


def test_what_stands_in_the_fields_of_a_step() -> None:
    assert standing(step(), fresh("blue")) == {("hall", "colour"): "blue"}
    untouched = fresh().model_copy(update={"changes": ()})
    assert standing(step(), untouched) == {("hall", "colour"): "green"}
