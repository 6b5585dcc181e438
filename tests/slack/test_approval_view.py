"""The approval shows all that is approved, and becomes the record of what was decided."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain import events as e
from bot.domain.values import ApprovalGroup
from bot.slack import ids
from bot.slack.views.text import read
from tests.fakes import story
from tests.slack.scenes import (
    DEV,
    JOB,
    MAYA,
    approved,
    diagnosed,
    plan,
    proposed,
    rejected,
    rerun,
    resolved,
    scene,
    shown,
    slot,
    switch,
)
from tools.jobs.set_job_parameters import SetJobParametersParams
from tools.kit.types import Change, DryRun

LAG = "https://prometheus.example.com/graph?g0.expr=lag&amp;g0.tab=0"
ASKING = f"""\
*Approve 2 changes for INC-1?*
1 daily_revenue_aggregation.source: replica-2 → replica-1
2 run daily_revenue_aggregation once (last run failed)
*Affects:* 1 job, every later run of daily_revenue_aggregation (dry run 01:47)
*Undo:* 1 one click · 2 what it writes stays, no automatic undo
*Risk:* replica-1 lag 4 min (limit 30 min)
*Evidence:* Job log · <{LAG}|Lag of the source>
*Who:* <!subteam^S0DATAONCA|@data-oncall>, 1 needed
"""
ASKED_WITH = "[Approve] [Reject] [Edit] [Ask] [⋯ Details, Hand to a person]"
DIGEST = plan().digest("change")
RECORD = f"""
1 daily_revenue_aggregation.source: replica-2 → replica-1
2 run daily_revenue_aggregation once (last run failed)
INC-1 · plan {DIGEST[:4]} · rule change"""


MOVED = story.undone(0, "refused").model_copy(update={"moved": True})


def approval(*events: Any, **more: Any) -> str:
    return shown(slot(scene(diagnosed(), proposed(), *events, **more), "approval:P1"))


def test_all_that_is_approved_is_in_sight_and_nothing_is_folded() -> None:
    asked = slot(scene(diagnosed(), proposed()), "approval:P1")
    assert shown(asked) == f"{ASKING}Expires 02:02 · plan {DIGEST[:4]}\n{ASKED_WITH}"
    assert asked.blocks[0]["expand"] is True
    assert len(read(asked.blocks[0]["text"]["text"])) <= 1200
    assert asked.text == (
        "INC-1 approve by 02:02? daily_revenue_aggregation.source: replica-2 → replica-1;"
        " run daily_revenue_aggregation once (last run failed)"
    )


def test_change_lines_fit_a_phone() -> None:
    lines = [line for line in ASKING.splitlines() if line[:1].isdigit()]
    assert [len(line) <= 60 for line in lines] == [True, True]


def test_a_longer_change_is_folded_and_no_value_is_cut() -> None:
    given = Change(target=JOB, field="source", before="b" * 200, after="a" * 200)
    step = switch(dry_run=DryRun(summary="Set", targets=switch().dry_run.targets, changes=(given,)))
    asked = slot(scene(diagnosed(), proposed(plan(steps=(step,)))), "approval:P1")
    assert f"\n1 {JOB}.source:\n      from {'b' * 200}\n      to {'a' * 200}\n" in shown(asked)


@pytest.mark.parametrize(
    "sentence",
    ["run another_job once (last run failed)", f"run {JOB} once", f"run {JOB}x (failed)"],
)
def test_a_sentence_that_leaves_out_what_is_bound_is_not_shown(sentence: str) -> None:
    bound = rerun().dry_run.model_copy(update={"sentence": sentence})
    steps = (switch(), rerun(dry_run=bound))
    asked = slot(scene(diagnosed(), proposed(plan(steps=steps))), "approval:P1")
    assert f"\n2 {JOB}.run: failed → one new run\n" in shown(asked)
    assert sentence not in shown(asked)
    assert sentence not in asked.text


def test_what_a_sentence_calls_it_is_not_what_an_approval_binds_to() -> None:
    older = rerun().dry_run.model_copy(update={"sentence": "", "undo": ""})
    assert plan(steps=(switch(), rerun(dry_run=older))).digest("change") == DIGEST


def test_approve_alone_asks_once_more_with_the_change_and_its_undo() -> None:
    buttons = slot(scene(diagnosed(), proposed()), "approval:P1").blocks[-1]["elements"]
    approve, reject, edit, ask, more = buttons
    assert approve["style"] == "primary"
    assert approve["confirm"]["title"]["text"] == "Run INC-1 fix now?"
    assert approve["confirm"]["text"]["text"] == (
        f"Set source of {JOB}: replica-2 → replica-1. Run {JOB} once."
        " If it doesn't help, step 1 is undone by itself."
    )
    assert approve["confirm"]["confirm"]["text"] == "Approve and run"
    assert approve["confirm"]["deny"]["text"] == "Back"
    assert "confirm" not in reject
    assert "confirm" not in edit
    ref = ids.PlanRef(incident="INC-1", plan="P1", digest=DIGEST).pack()
    assert [button["value"] for button in (approve, reject, edit, ask)] == [ref] * 4
    assert [o["value"] for o in more["options"]] == [f"details {ref}", f"hand {ref}"]


FAILING = [approved(), *story.done(0), story.started(1), story.finished(1, "failed")]
DONE = [approved(), *story.done(0), *story.done(1), story.recovered(), *resolved()]
HALT = e.PlanHalted(at=story.at(13), actor=DEV, plan_id="P1", name="Dev")
HALTED = [
    approved(),
    story.started(0),
    HALT,
    story.finished(0),
    story.verified(0),
    e.PlanVoided(
        at=story.at(14),
        actor="opsbot",
        plan_id="P1",
        cause="halted",
        reason="halted by Dev after step 1 of 2",
    ),
]
UNDO = e.UndoApproved(at=story.at(50), actor=DEV, plan_id="P1", digest=DIGEST, steps=(0,))
AGAIN, HALTING = "[Check again and ask]", "[Halt after this step]"


@pytest.mark.parametrize(
    ("events", "becomes", "buttons"),
    [
        ([approved()], "Approved by Maya 01:47 · queued", ""),
        ([approved(), story.started(0)], "Running 1 of 2 · approved by Maya", HALTING),
        ([approved(), story.started(0), HALT], "Running 1 of 2 · halted by Dev after it", ""),
        ([approved(), *story.done(0)], "Running 2 of 2 · approved by Maya", HALTING),
        ([approved(), *story.done(0), story.started(1)], "Running 2 of 2 · approved by Maya", ""),
        (
            [approved(), *story.done(0), *story.done(1)],
            "2 of 2 done, watching · approved by Maya",
            "",
        ),
        (HALTED, "Halted by Dev after step 1 of 2. Step 1 is live.", f"{AGAIN} [Undo switch]"),
        (DONE, "Done 01:47 · approved by Maya", "[Undo switch]"),
        ([*DONE, UNDO], "Done 01:47 · approved by Maya. Step 1 is being undone.", ""),
        (
            [*DONE, MOVED],
            "Done 01:47 · approved by Maya. Step 1 is live and has changed since.",
            "[Roll back]",
        ),
        ([*DONE, UNDO, story.undoing(0), story.undone(0)], "Rolled back 01:47 by Dev", ""),
        ([rejected()], 'Rejected by Maya: "wait for the DBA"', ""),
        (
            [story.voided("cleared"), *resolved()],
            "The alert cleared by itself 01:47. Nothing ran.",
            "",
        ),
        ([story.voided("guard")], "guard. Nothing ran.", ""),
        ([story.voided("expired")], "Expired 02:02. Nothing ran.", AGAIN),
        (FAILING, "Failed at 2. Step 1 is being undone.", ""),
        ([*FAILING, story.undoing(0)], "Failed at 2. Step 1 is being undone.", ""),
        (
            [*FAILING, story.undoing(0), story.undone(0)],
            "Failed at 2. Undone: source is replica-2 again.",
            AGAIN,
        ),
        ([*FAILING, MOVED], "Failed at 2. Step 1 is live and has changed since.", "[Roll back]"),
        (
            [*FAILING, story.undoing(0), story.undone(0, "unknown")],
            "Failed at 2. Step 1 is live and could not be undone: unknown.",
            "",
        ),
        (
            [*FAILING, MOVED, UNDO, story.undoing(0), story.undone(0)],
            "Rolled back 01:47 by Dev",
            AGAIN,
        ),
        (
            [approved(), story.started(0), story.finished(0, "unknown")],
            "Failed at 1: whether it ran is not known.",
            "",
        ),
        (
            [approved(), story.started(0), story.finished(0, "failed")],
            "Failed at 1. Nothing was changed.",
            AGAIN,
        ),
    ],
)
def test_the_same_message_becomes_its_record_with_what_may_still_be_done(
    events: list[e.IncidentEvent], becomes: str, buttons: str
) -> None:
    assert approval(*events) == f"*{becomes}*{RECORD}" + (f"\n{buttons}" if buttons else "")


def test_undo_asks_once_more_with_what_it_will_do() -> None:
    [undo] = slot(scene(diagnosed(), proposed(), *DONE), "approval:P1").blocks[-1]["elements"]
    assert undo["confirm"]["title"]["text"] == "Undo the fix of INC-1?"
    assert undo["confirm"]["text"]["text"] == (
        f"{JOB}.source: replica-1 → replica-2. Refused where somebody changed it since."
    )


def test_of_several_changes_the_steps_to_undo_are_named() -> None:
    both = plan(steps=(switch(), switch()))
    done = [story.decided("approve", MAYA, both), *story.done(0), *story.done(1)]
    record = shown(
        slot(scene(diagnosed(), proposed(both), *done, story.recovered()), "approval:P1")
    )
    assert record.endswith("[Undo steps 1, 2]")


def test_expired_it_offers_to_check_again() -> None:
    assert approval(story.voided("expired")) == (
        f"*Expired 02:02. Nothing ran.*{RECORD}\n[Check again and ask]"
    )
    again = e.ReplanRequested(at=story.at(12), actor=DEV, plan_id="P1")
    assert "[Check again and ask]" not in approval(story.voided("expired"), again)


def test_a_voided_plan_points_at_the_new_one() -> None:
    newer = story.proposed(plan("P2"), story.ask())
    newer = [event.model_copy(update={"at": story.at(12)}) for event in newer]
    drifted = e.PlanVoided(
        at=story.at(11), actor="opsbot", plan_id="P1", cause="guard",
        reason="replica-1 lag now 41 min (limit 30 min)",
    )  # fmt: skip
    links = {"approval:P2": "https://example.slack.com/archives/C1/p3"}
    digest = plan("P2").digest("change")[:4]
    assert approval(drifted, newer, links=links).startswith(
        "*replica-1 lag now 41 min (limit 30 min). Nothing ran."
        f" <https://example.slack.com/archives/C1/p3|New plan {digest}>*"
    )


def test_the_risk_that_policy_computed_is_in_sight() -> None:
    asked = shown(slot(scene(diagnosed(), proposed(risk="high")), "approval:P1"))
    assert "\n*Risk:* high. replica-1 lag 4 min (limit 30 min)\n" in asked
    assert "\n*Risk:* replica-1 lag" in approval(), "an approval of an earlier release says none"


def test_what_made_it_a_question_beyond_its_rule_is_told() -> None:
    frozen = scene(diagnosed(), proposed(reason="rule 'change'; it is the <sale>"))
    text = shown(slot(frozen, "approval:P1"))
    assert "\n*Asked because:* rule 'change'; it is the &lt;sale&gt;\n" in text
    plain = scene(diagnosed(), proposed(reason="rule 'change'"))
    assert "Asked because" not in shown(slot(plain, "approval:P1"))


def test_with_two_needed_the_first_is_named_and_the_buttons_stay() -> None:
    two = scene(diagnosed(), proposed(approvals=2), approved())
    text = shown(slot(two, "approval:P1"))
    assert "Approved by Maya, 1 more needed\n[Approve] [Reject] [Edit] [Ask]" in text
    assert ", 2 needed\n" in text


PLATFORM = ApprovalGroup(approvers=("@platform-oncall",))
SECURITY = ApprovalGroup(approvers=("@security", DEV))


@pytest.mark.parametrize(
    ("groups", "approvals", "words"),
    [
        ((PLATFORM, SECURITY), 2, f"@platform-oncall and @security or <@{DEV}>, 1 each"),
        (
            (PLATFORM, SECURITY.model_copy(update={"count": 2})),
            3,
            f"1 of @platform-oncall and 2 of @security or <@{DEV}>",
        ),
        (
            (PLATFORM, SECURITY),
            3,
            f"@platform-oncall and @security or <@{DEV}>, 1 each, 3 people in all",
        ),
    ],
)
def test_of_several_teams_each_is_named_with_its_number(
    groups: tuple[ApprovalGroup, ...], approvals: int, words: str
) -> None:
    asked = proposed(groups=groups, approvals=approvals, approvers=("@platform-oncall",))
    text = shown(slot(scene(diagnosed(), asked), "approval:P1"))
    assert f"\n*Who:* {words}\n" in text


def test_the_commander_is_mentioned_where_there_is_one() -> None:
    asked = scene(diagnosed(), proposed(approvers=("@data-oncall", "commander")))
    who = "*Who:* <!subteam^S0DATAONCA|@data-oncall> or commander"
    assert f"{who}, 1 needed\n" in shown(slot(asked, "approval:P1"))
    led = asked.incident.model_copy(update={"commander": MAYA})
    text = shown(slot(asked.model_copy(update={"incident": led}), "approval:P1"))
    assert f"{who} <@{MAYA}>, 1 needed\n" in text


def test_with_one_team_agreed_the_other_is_named() -> None:
    asked = proposed(groups=(PLATFORM, SECURITY), approvals=2, approvers=("@platform-oncall",))
    first = approved().model_copy(update={"via": ("@platform-oncall",)})
    half = scene(diagnosed(), asked, first)
    assert "Approved by Maya, @security or Dev still needed\n[Approve]" in shown(
        slot(half, "approval:P1")
    )
    assert "*Next:* @security or Dev to approve" in shown(slot(half, "card"))


def test_every_value_the_call_is_given_is_in_sight() -> None:
    forced = rerun(params={"job": JOB, "options": {"force": True, "retries": 3, "note": ""}})
    text = shown(slot(scene(diagnosed(), proposed(plan(steps=(switch(), forced)))), "approval:P1"))
    assert "\n      with force = True, retries = 3\n" in text


def test_a_value_with_a_line_break_cant_look_like_a_line_of_ours() -> None:
    sly = switch(
        dry_run=DryRun(
            summary="Set",
            targets=switch().dry_run.targets,
            changes=(
                Change(
                    target=JOB,
                    field="source",
                    before="replica-2",
                    after="replica-1\n*Who:* nobody, 0 needed",
                ),
            ),
        )
    )
    text = shown(slot(scene(diagnosed(), proposed(plan(steps=(sly,)))), "approval:P1"))
    assert "      to replica-1⏎" in text
    assert [line for line in text.splitlines() if line.startswith("*Who:*")] == [
        "*Who:* <!subteam^S0DATAONCA|@data-oncall>, 1 needed"
    ]


@pytest.mark.invariant(15)
def test_a_value_with_characters_nobody_sees_cant_look_like_another() -> None:
    change = Change(target=JOB, field="source", before="r\u202e-2", after="replica\u200b-1")
    sly = switch(dry_run=DryRun(summary="Set", targets=switch().dry_run.targets, changes=(change,)))
    text = shown(slot(scene(diagnosed(), proposed(plan(steps=(sly,)))), "approval:P1"))
    assert "      from r⟨U+202E⟩-2\n      to replica⟨U+200B⟩-1\n" in text


@pytest.mark.invariant(15)
@pytest.mark.parametrize("value", ["daily", "replica", "1", "source-"])
def test_a_value_that_is_part_of_another_is_told_all_the_same(value: str) -> None:
    """`all` in `hall` would hide that all of them are meant."""
    sly = switch(params={**switch().params, "scope": value})
    text = shown(slot(scene(diagnosed(), proposed(plan(steps=(sly,)))), "approval:P1"))
    assert f"with scope = {value}" in text


@pytest.mark.invariant(15)
@pytest.mark.parametrize(
    ("steps", "way_on"),
    [
        (
            tuple(switch() for _ in range(21)),
            "Make it smaller with Edit, or reject it.\n[Reject] [Edit] [Ask]",
        ),
        (
            (switch(dry_run=DryRun(summary="x" * 3100, targets=switch().dry_run.targets)),),
            "Reject it, and make smaller changes.\n[Reject] [Ask]",
        ),
    ],
)
def test_what_cant_be_shown_whole_cant_be_approved(steps: tuple[Any, ...], way_on: str) -> None:
    text = shown(slot(scene(diagnosed(), proposed(plan(steps=steps))), "approval:P1"))
    assert "too large to be shown whole" in text
    assert text.endswith(f"{way_on} [⋯ Details, Hand to a person]")


@pytest.mark.parametrize(
    ("values", "buttons"),
    [
        ({"source": "replica-1"}, ["Approve", "Reject", "Ask"]),
        ({"source": "replica-1", "pool": "etl"}, ["Approve", "Reject", "Edit", "Ask"]),
    ],
)
def test_edit_is_offered_only_where_something_may_shrink(
    values: dict[str, str], buttons: list[str]
) -> None:
    step = switch(params={"job": JOB, "parameters": values})
    told = scene(diagnosed(), proposed(plan(steps=(step,))))
    asked = slot(
        told.model_copy(update={"declared": {step.tool: SetJobParametersParams}}), "approval:P1"
    )
    assert [b["text"]["text"] for b in asked.blocks[-1]["elements"][:-1]] == buttons


def test_nobody_is_asked_about_what_policy_allows() -> None:
    allowed = scene(diagnosed(), story.proposed(plan(), story.ALLOW))
    with pytest.raises(KeyError):
        slot(allowed, "approval:P1")


def test_a_plan_made_smaller_says_who_did_and_links_to_the_new_one() -> None:
    small = plan("P2", steps=(switch(),), requester=DEV)
    digest = small.digest("change")[:4]
    void = story.voided("replaced").model_copy(update={"actor": DEV})
    edited = scene(diagnosed(), *proposed(), void, *proposed(small))
    assert f"*Replaced by plan {digest} (edited by Dev)*" in shown(slot(edited, "approval:P1"))
    linked = scene(
        diagnosed(), *proposed(), void, *proposed(small), links={"approval:P2": "https://s/p2"}
    )
    assert f"Replaced by <https://s/p2|plan {digest}> (edited by Dev)" in shown(
        slot(linked, "approval:P1")
    )
    assert "*Asked for by:* Dev, who can't approve it alone" in shown(slot(edited, "approval:P2"))
    assert "Asked for by" not in shown(slot(scene(diagnosed(), *proposed()), "approval:P1"))
