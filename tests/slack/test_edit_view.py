"""The modal that makes a plan smaller: what it asks, and what it makes of the answers."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.values import Plan, Step
from bot.incidents.leeway import Offer, has_leeway, leeways
from bot.incidents.narrowing import Edit
from bot.incidents.smaller import Declared
from bot.slack import ids
from bot.slack.views.edit import edit_view
from bot.slack.views.edited import read_edit
from tests.fakes import story
from tests.fakes.tools import Levels, Paint
from tests.slack.scenes import plan, rerun, switch
from tools.jobs.set_job_parameters import SetJobParametersParams
from tools.kit.types import Change, DryRun, Target

DECLARED: Declared = {
    "brighten": Levels,
    "paint": Paint,
    "set_job_parameters": SetJobParametersParams,
}
REF = ids.PlanRef(incident="INC-1", plan="P1", digest="7f3a" * 16)


def bright(*lamps: str, level: Any = 80) -> Step:
    return story.step(
        tool="brighten",
        params={"lamps": list(lamps), "level": level, "hue": "warm"},
        dry_run=DryRun(
            summary=f"Turn {len(lamps)} lamps up to {level} %",
            targets=tuple(Target(kind="lamp", name=lamp) for lamp in lamps),
            changes=tuple(Change(target=x, field="level", before=20, after=level) for x in lamps),
        ),
        reversible=False,
    )


def offer(*steps: Step) -> Offer:
    whole: Plan = plan(steps=steps)
    return Offer(plan=whole, leeways=leeways(whole, DECLARED))


def asked(of: Offer) -> dict[str, Any]:
    """The modal's inputs by block id."""
    view = edit_view(REF, of, ("C1", "1.1"))
    return {block["block_id"]: block for block in view["blocks"] if block["type"] == "input"}


def choices(block: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (option["text"]["text"], option.get("description", {}).get("text", ""))
        for option in block["element"]["options"]
    ]


def left(of: Offer, **changes: Any) -> dict[str, Any]:
    """The modal's state with everything as it was, except these: block id with `_` → what is in."""
    state: dict[str, Any] = {}
    for name, block in asked(of).items():
        given = changes.get(name.replace(":", "_"))
        if block["element"]["type"] == "checkboxes":
            every = [option["value"] for option in block["element"]["options"]]
            ticked = every if given is None else given
            state[name] = {"value": {"selected_options": [{"value": v} for v in ticked]}}
        else:
            initial = block["element"]["initial_value"]
            state[name] = {"value": {"value": initial if given is None else given}}
    return state


LAMPS = offer(bright("hall", "attic", "cellar"), story.step())


def test_it_asks_about_what_may_shrink_alone_with_what_it_is_now_beside_it() -> None:
    blocks = asked(LAMPS)
    assert list(blocks) == ["steps:0", "leeway:0:0", "leeway:1:0"]
    steps, lamps, level = blocks.values()
    assert choices(steps) == [
        ("1 Turn 3 lamps up to 80 %", "no automatic undo"),
        ("2 Paint hall: red → green", ""),
    ]
    assert lamps["label"]["text"] == "Step 1, lamps"
    assert choices(lamps) == [(lamp, "level: 20 → 80") for lamp in ("hall", "attic", "cellar")]
    assert level["hint"]["text"].endswith("80 in the plan; only less can be asked for.")
    assert level["element"]["max_value"] == level["element"]["initial_value"] == "80"
    every = (steps, lamps)
    assert all(b["element"]["initial_options"] == b["element"]["options"] for b in every)


def test_it_says_what_the_edit_means_and_what_is_still_checked_afterwards() -> None:
    view = edit_view(REF, offer(switch(), rerun()), ("C1", None))
    about = view["blocks"][0]["text"]["text"]
    assert about == (
        "*INC-1, plan 7f3a.* Only less can be asked for. A fresh dry run is taken of it, and"
        " somebody other than you has to approve the new plan."
    )
    assert "Afterwards is still checked: Exit code of the job." in str(view["blocks"][1]["hint"])


def test_a_parameter_of_a_job_stands_beside_what_it_would_change() -> None:
    both = switch(params={"job": "etl", "parameters": {"source": "replica-1", "pool": "a"}})
    blocks = asked(offer(both))
    assert list(blocks) == ["leeway:0:0"]
    assert choices(blocks["leeway:0:0"]) == [("source", "replica-2 → replica-1"), ("pool", "a")]


@pytest.mark.parametrize(
    ("step", "holds"),
    [
        (rerun(), False),
        (switch(), False),
        (bright("hall", level=0), False),
        (bright("hall", level=True), False),
        (bright("hall", level=None), False),
        (bright("hall", level=1), True),
        (bright("hall", "attic", level=0), True),
    ],
)
def test_one_of_something_and_nothing_of_something_cant_be_less(step: Step, holds: bool) -> None:
    assert has_leeway(plan(steps=(step,)), DECLARED) is holds
    assert has_leeway(plan(steps=(step, step)), DECLARED)


def test_more_than_ten_take_more_blocks_of_which_any_may_be_empty() -> None:
    many = offer(bright(*(f"lamp{n}" for n in range(25)), level=0))
    blocks = asked(many)
    assert [len(choices(block)) for block in blocks.values()] == [10, 10, 5]
    assert [block["optional"] for block in blocks.values()] == [True] * 3
    assert blocks["leeway:0:1"]["label"]["text"] == "Step 1, lamps (11 to 20)"
    state = left(many, leeway_0_0=[], leeway_0_1=["12"], leeway_0_2=[])
    assert read_edit(many, state) == (Edit(params={0: {"lamps": ["lamp12"]}}), {})


@pytest.mark.parametrize(
    ("changes", "edit"),
    [
        ({"steps_0": ["0"]}, Edit(steps=1)),
        ({"leeway_0_0": ["2", "0"]}, Edit(params={0: {"lamps": ["hall", "cellar"]}})),
        ({"leeway_1_0": "40"}, Edit(params={0: {"level": 40}})),
        ({"leeway_1_0": "0"}, Edit(params={0: {"level": 0}})),
        (
            {"steps_0": ["0"], "leeway_0_0": ["1"], "leeway_1_0": "8"},
            Edit(steps=1, params={0: {"lamps": ["attic"], "level": 8}}),
        ),
        ({"leeway_0_0": ["1", "99", "-1", "x"]}, Edit(params={0: {"lamps": ["attic"]}})),
    ],
)
def test_what_was_unticked_or_lowered_is_what_is_wanted(
    changes: dict[str, Any], edit: Edit
) -> None:
    assert read_edit(LAMPS, left(LAMPS, **changes)) == (edit, {})


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({}, {"steps:0": "Nothing is smaller yet. Untick or lower something, or press Back."}),
        (
            {"steps_0": ["1"]},
            {"steps:0": "Steps go from the end. Without step 1 nothing after it can run."},
        ),
        (
            {"steps_0": []},
            {"steps:0": "Keep the first step, or press Back and reject the fix."},
        ),
        (
            {"leeway_0_0": []},
            {
                "leeway:0:0": "Keep at least one. A step that is not wanted at all is unticked"
                " above."
            },
        ),
        ({"leeway_1_0": "81"}, {"leeway:1:0": "Only less than 80, and not below 0."}),
        ({"leeway_1_0": "-1"}, {"leeway:1:0": "Only less than 80, and not below 0."}),
        ({"leeway_1_0": "7.5"}, {"leeway:1:0": "Give a whole number of at most 80."}),
        ({"leeway_1_0": "nan"}, {"leeway:1:0": "Give a whole number of at most 80."}),
        ({"leeway_1_0": ""}, {"leeway:1:0": "Give a whole number of at most 80."}),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    changes: dict[str, Any], errors: dict[str, str]
) -> None:
    assert read_edit(LAMPS, left(LAMPS, **changes))[1] == errors


@pytest.mark.parametrize(("given", "wrong"), [("0.25", False), ("nan", True), ("inf", True)])
def test_a_fraction_may_be_less_and_no_number_may_not(given: str, wrong: bool) -> None:
    half = offer(bright("hall", level=0.5))
    edit, errors = read_edit(half, left(half, leeway_0_0=given))
    assert bool(errors) is wrong
    assert wrong or edit.params == {0: {"level": 0.25}}


def test_what_a_dropped_step_was_left_with_no_longer_counts() -> None:
    two = offer(story.step(), bright("hall", "attic"))
    state = left(two, steps_0=["0"], leeway_0_0=[], leeway_1_0="nonsense")
    assert read_edit(two, state) == (Edit(steps=1), {})


def test_what_is_too_long_for_a_window_is_named_and_kept() -> None:
    huge = offer(bright(*(f"lamp{n}" for n in range(500))), story.step())
    view = edit_view(REF, huge, ("C1", None))
    assert list(asked(huge)) == ["steps:0", "leeway:1:0"]
    assert "kept as it is: step 1, lamps" in view["blocks"][-1]["text"]["text"]
    assert read_edit(huge, left(huge, steps_0=["0"])) == (Edit(steps=1), {})
