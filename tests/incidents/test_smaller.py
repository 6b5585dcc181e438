"""Whether a plan is another one made smaller: parameters and dry run alike."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.values import Plan, RunbookRef, Step
from bot.incidents.smaller import Declared, may_shrink, objection
from tests.fakes.story import guard, plan, step
from tests.fakes.tools import Levels, Paint
from tools.kit.types import Change, DryRun, Effect, Target

DECLARED: Declared = {"brighten": Levels, "paint": Paint}


def bright(*lamps: str, level: int = 80, before: int = 20, **changes: Any) -> Step:
    given: dict[str, Any] = {
        "tool": "brighten",
        "params": {"lamps": list(lamps), "level": level, "hue": "warm"},
        "dry_run": DryRun(
            summary="whatever",
            targets=tuple(Target(kind="lamp", name=lamp) for lamp in lamps),
            changes=tuple(
                Change(target=lamp, field="level", before=before, after=level) for lamp in lamps
            ),
        ),
        "cites": "red-lamp#1",
    }
    return step(**{**given, **changes})


def of(*steps: Step, **changes: Any) -> Plan:
    return plan().model_copy(update={"steps": steps, **changes})


WIDE = of(bright("hall", "attic"), step(2))


def dry_run(**changes: Any) -> DryRun:
    return bright("hall", "attic").dry_run.model_copy(update=changes)


def change(**changes: Any) -> Change:
    given = {"target": "hall", "field": "level", "before": 20, "after": 80}
    return Change.model_validate({**given, **changes})


@pytest.mark.parametrize(
    "narrow",
    [
        of(bright("hall", "attic")),
        of(bright("attic"), step(2)),
        of(bright("hall", "attic", level=50), step(2)),
        of(bright("hall", level=20)),
        of(bright("attic"), guards=(), requester="U1"),
    ],
    ids=["a step less", "a lamp less", "less bright", "not at all brighter", "another requester"],
)
def test_fewer_steps_fewer_targets_and_smaller_values_are_smaller(narrow: Plan) -> None:
    assert objection(WIDE, narrow, DECLARED) is None


@pytest.mark.parametrize(
    ("narrow", "words"),
    [
        (WIDE, "nothing of it is smaller"),
        (of(*WIDE.steps, step(0)), "it has 3 steps"),
        (of(step(2)), "step 1: it is paint, and was brighten"),
        (of(step(2), bright("hall")), "step 1: it is paint"),
        (of(bright("hall", cites="")), "step 1: it is brighten, and was"),
        (of(bright("cellar")), "step 1: lamps may only"),
        (of(bright("hall", level=90)), "step 1: level may only be less than 80"),
        (of(bright("hall", version=2)), "brighten is version 2 now"),
        (of(bright("hall", effect=Effect.DESTRUCTIVE)), "would do worse"),
        (of(bright("hall", reversible=False)), "could no longer be undone"),
        (of(bright("hall", before=30)), "hall.level is 30 now, was 20"),
        (
            of(bright("hall", level=10)),
            "hall.level would become 10, and that is not nearer than 80",
        ),
        (
            of(bright("hall", dry_run=dry_run(targets=(Target(kind="lamp", name="cellar"),)))),
            "it would touch cellar as well",
        ),
        (
            of(bright("hall", dry_run=dry_run(changes=(change(field="size"),)))),
            "it would change hall.size as well",
        ),
        (
            of(bright("hall", dry_run=dry_run(changes=(change(after=81),)))),
            "hall.level would become 81",
        ),
        (
            of(bright("hall", dry_run=dry_run(changes=(change(after="60"),)))),
            "hall.level would become '60'",
        ),
        (
            of(bright("hall", dry_run=dry_run(changes=(change(after=True),)))),
            "hall.level would become True",
        ),
        (of(bright("hall"), verify=()), "its guards, its check"),
        (of(bright("hall"), guards=(guard(),)), "its guards, its check"),
        (of(bright("hall"), runbook=RunbookRef(id="x", title="x", pin=None)), "its guards"),
        (of(bright("hall"), verify_within=1), "its guards"),
    ],
)
def test_anything_more_or_other_is_named(narrow: Plan, words: str) -> None:
    assert words in str(objection(WIDE, narrow, DECLARED))


def test_another_tool_is_no_smaller_one_whatever_it_cites() -> None:
    other = of(bright("hall", tool="dim"), step(2))
    assert objection(WIDE, other, DECLARED) == "step 1: it is dim, and was brighten"


def test_a_switch_is_no_number_though_it_counts_as_one() -> None:
    wide = of(bright("hall", "attic", before=0))
    on = bright("hall", before=0, dry_run=dry_run(changes=(change(before=0, after=True),)))
    assert "hall.level would become True" in str(objection(wide, of(on), DECLARED))


def test_a_guard_that_reads_otherwise_now_is_the_same_guard() -> None:
    wide = of(*WIDE.steps, guards=(guard(),))
    narrow = of(bright("hall"), guards=(guard(shown="5 g (limit 10)"),))
    assert objection(wide, narrow, DECLARED) is None


def test_it_is_said_what_may_shrink() -> None:
    assert may_shrink(WIDE, DECLARED) == (
        "fewer steps, the last first; step 1: fewer lamps, less level"
    )
    assert may_shrink(of(step()), DECLARED) == "nothing"
