"""What stands in the thread besides the approval, word for word."""

from __future__ import annotations

import pytest

from bot.domain import events as e
from bot.domain.values import Allow, FollowUp
from bot.slack.views.text import read
from bot.slack.views.thread import thread
from tests.fakes import story
from tests.slack.scenes import (
    DEV,
    MAYA,
    WORK,
    approved,
    begun,
    books,
    called,
    diagnosed,
    evidence,
    noted,
    plan,
    proposed,
    reported,
    rerun,
    resolved,
    scene,
    shown,
    slot,
    switch,
)

RUNNING = [diagnosed(), *proposed(), approved()]
FIXED = [*RUNNING, *story.done(0), *story.done(1), story.recovered()]


def test_the_investigation_shows_each_check_with_its_finding() -> None:
    underway = slot(scene(work=[*WORK, begun("changes", "Recent changes")]), "investigation")
    assert (
        shown(underway)
        == """\
Investigating, 3 of 4
complete: Job log: connection timeout to replica-2
complete: replica-2 lag 2.3 h (limit 30 min)
complete: replica-1 lag 4 min, fine
in_progress: Recent changes"""
    )
    assert underway.text == "INC-1: 3 of 4 checks done"
    assert shown(slot(scene(diagnosed()), "investigation")).startswith("Investigated, 3 of 3\n")


def test_a_check_that_failed_is_marked_and_at_most_six_are_shown() -> None:
    failed = evidence("source_lag", "failed", finding="Prometheus doesn't answer")
    many = [begun(f"c{n}", f"check {n}") for n in range(9)]
    lines = shown(slot(scene(work=[*many, begun("source_lag"), failed]), "investigation"))
    assert lines.splitlines() == [
        "Investigating, 1 of 10 · 4 more",
        *(f"in_progress: check {n}" for n in range(4, 9)),
        "error: Prometheus doesn't answer",
    ]


def test_what_is_under_way_is_shown_before_what_was_found_earlier() -> None:
    done = evidence("job_log")
    found = [
        event
        for n in range(8)
        for event in (
            begun(f"c{n}", f"check {n}"),
            done.model_copy(update={"id": f"E{n}", "check": f"c{n}"}),
        )
    ]
    waits = begun("slow", "the slow one")
    lines = shown(slot(scene(work=[waits, *found]), "investigation")).splitlines()
    assert lines[:2] == ["Investigating, 8 of 9 · 3 more", "in_progress: the slow one"]
    assert len(lines) == 7


def test_for_a_server_without_plan_blocks_the_same_is_written_out() -> None:
    work = [*WORK, begun("changes", "Recent <!channel> changes")]
    [written] = slot(scene(work=work), "investigation").plain
    assert (
        written["text"]["text"]
        == """\
*Investigating, 3 of 4*
✓ Job log: connection timeout to replica-2
✓ <https://prometheus.example.com/graph?g0.expr=lag&amp;g0.tab=0|replica-2 lag 2.3 h (limit 30 min)>
✓ <https://prometheus.example.com/graph?g0.expr=lag&amp;g0.tab=0|replica-1 lag 4 min, fine>
⏳ Recent ‹!channel› changes"""
    )


def test_a_check_begun_again_after_a_crash_is_one_task() -> None:
    again = slot(scene(work=[*WORK, *WORK]), "investigation")
    assert shown(again) == shown(slot(scene(), "investigation"))


def test_a_changed_investigation_has_another_block_id() -> None:
    ids = {
        slot(scene(work=WORK[:count]), "investigation").blocks[0]["block_id"] for count in (1, 2, 3)
    }
    assert len(ids) == 3


def test_the_diagnosis_gives_cause_evidence_and_what_is_not_known() -> None:
    reached = slot(scene(diagnosed()), "diagnosis")
    assert (
        shown(reached)
        == """\
*Cause (high confidence):* replica-2 is 2.3 h behind (limit 30 min), so reads time out
• Job log: connection timeout to replica-2
• <https://prometheus.example.com/graph?g0.expr=lag&amp;g0.tab=0|replica-2 lag 2.3 h (limit 30 min)>
*Not known:* Why replica-2 lags
Runbook: ETL source timeout (git:af6bc10)"""
    )
    assert reached.text == (
        "INC-1 cause (high confidence): replica-2 is 2.3 h behind (limit 30 min), so reads time out"
    )


def test_without_a_cause_it_says_so_and_what_was_seen_and_what_was_not_reached() -> None:
    coverage = {"failed": ("Recent changes",), "not_configured": ("traces",)}
    nothing = diagnosed(hypotheses=(), runbook=None, not_known=(), coverage=coverage)
    assert (
        shown(slot(scene(nothing), "diagnosis"))
        == """\
*Cause not found.* What was seen:
• Job log: connection timeout to replica-2
• <https://prometheus.example.com/graph?g0.expr=lag&amp;g0.tab=0|replica-2 lag 2.3 h (limit 30 min)>
• <https://prometheus.example.com/graph?g0.expr=lag&amp;g0.tab=0|replica-1 lag 4 min, fine>
*Not reached:* Recent changes, traces"""
    )


def test_evidence_of_this_machine_alone_is_no_link() -> None:
    for address in (
        "http://127.0.0.1:9090/graph",
        "http://localhost/graph",
        "file:///x",
        "http://[",
    ):
        recorded = evidence("source_lag")
        local = recorded.evidence.model_copy(update={"url": address})
        work = [evidence("job_log"), recorded.model_copy(update={"evidence": local})]
        assert "<" not in shown(slot(scene(diagnosed(), work=work), "diagnosis"))


def test_the_execution_has_a_line_for_each_step() -> None:
    running = [*RUNNING, *story.done(0), story.started(1)]
    assert (
        shown(slot(scene(*running), "execution:P1"))
        == """\
*Fix of INC-1, 1 of 2 done* · approved by Maya
✓ 1 green
⏳ 2 Run daily_revenue_aggregation once"""
    )


BY_ITSELF = [diagnosed(), *story.proposed(plan(), Allow(rule="auto", may_undo=("@oncall",)))]


def test_what_runs_by_itself_is_halted_and_undone_where_it_runs() -> None:
    running = [*BY_ITSELF, *story.done(0)]
    assert shown(slot(scene(*running), "execution:P1")).endswith("[Halt after this step]")
    halt = e.PlanHalted(at=story.at(13), actor=DEV, plan_id="P1", name="Dev")
    halted = shown(slot(scene(*running, story.started(1), halt), "execution:P1"))
    assert halted.startswith("*Fix of INC-1, 1 of 2 done* · allowed by rule auto · Running 2 of 2")
    assert "Running 2 of 2 · halted by Dev after it\n" in halted
    assert "[Halt" not in halted
    done = [*running, *story.done(1), story.recovered()]
    assert shown(slot(scene(*done), "execution:P1")).endswith("[Undo switch]")
    wanted = e.UndoApproved(at=story.at(50), actor=DEV, plan_id="P1", digest="", steps=(0,))
    undone = scene(*done, wanted, story.undoing(0), story.undone(0))
    assert shown(slot(undone, "execution:P1")).startswith(
        "*Fix of INC-1, 1 of 2 done* · allowed by rule auto · Rolled back 01:47 by Dev\n"
    )


def test_where_policy_names_nobody_no_button_undoes_it() -> None:
    nobody = [*story.proposed(plan(), story.ALLOW), *story.done(0), *story.done(1)]
    done = slot(scene(diagnosed(), *nobody, story.recovered()), "execution:P1")
    assert len(done.blocks) == 1


def test_of_many_steps_those_around_the_current_one_are_shown_in_five_lines() -> None:
    long = plan(steps=tuple(switch() if n % 2 else rerun() for n in range(9)))
    approve = story.decided("approve", MAYA, long)
    running = [diagnosed(), *proposed(long), approve, *story.done(0), *story.done(1)]
    lines = shown(slot(scene(*running), "execution:P1")).splitlines()
    assert [line[:3] for line in lines[1:]] == ["✓ 2", "· 3", "· 4", "… o"]
    assert lines[-1] == "… of 9 steps in all"
    for index in range(2, 9):
        running += story.done(index)
    lines = shown(slot(scene(*running), "execution:P1")).splitlines()
    assert [line[:3] for line in lines[1:]] == ["✓ 7", "✓ 8", "✓ 9", "… o"]


def test_a_failure_is_a_message_of_its_own_for_whoever_approved() -> None:
    failed = [*RUNNING, *story.done(0), story.started(1), story.finished(1, "failed")]
    assert shown(slot(scene(*failed), "failure:P1")) == (
        f"<@{MAYA}> The fix of INC-1 failed: step 2 failed: failed. Step 1 is being undone."
    )
    commands = e.CommandTaken(at=story.at(5), actor=DEV)
    assert shown(slot(scene(commands, *failed), "failure:P1")).startswith(f"<@{MAYA}> <@{DEV}> The")
    undone = scene(*failed, story.undoing(0), story.undone(0))
    assert shown(slot(undone, "failure:P1")).endswith(" Step 1 undone (succeeded).")


def test_a_fix_that_did_not_help_says_what_was_seen_instead() -> None:
    in_vain = [*RUNNING, *story.done(0), *story.done(1), story.recovered(passed=False)]
    assert "failed: it ran, but did not help: dust: 1 g." in shown(
        slot(scene(*in_vain), "failure:P1")
    )
    assert shown(slot(scene(*in_vain), "monitor:P1")) == "*Not recovered:* dust: 1 g"


def test_once_a_step_failed_the_monitor_no_longer_says_that_it_runs() -> None:
    failed = [*RUNNING, *story.done(0), story.started(1), story.finished(1, "failed")]
    looked = scene(*failed, work=[noted("run is running")])
    assert shown(slot(looked, "monitor:P1")) == "*Not recovered:* step 2 failed: failed"


def test_the_monitor_tells_the_last_look_and_until_when_it_watches() -> None:
    landed = [*RUNNING, *story.done(0), story.started(1), story.finished(1)]
    looked = scene(*landed, work=[noted("run is queued"), noted("run is running")])
    assert shown(slot(looked, "monitor:P1")) == "*Watching since 01:47:* run is running"
    verified = scene(*landed, story.verified(1), work=[noted("lag 4 min")])
    assert shown(slot(verified, "monitor:P1")) == "*Watching until 02:02:* lag 4 min"
    done_at = (verified.incident.plans["P1"].touched_at - story.START).total_seconds()
    last = noted("lag 40 min · dust: 9 g", step=None, seconds=done_at + 7)
    assert shown(slot(scene(*landed, story.verified(1), work=[last]), "monitor:P1")) == (
        "*Watching until 02:02:* lag 40 min · dust: 9 g · check 3 of 21"
    )
    assert shown(slot(scene(*FIXED), "monitor:P1")) == "*Recovered 01:47:* dust: 1 g"


def test_an_escalation_mentions_one_group_and_says_why() -> None:
    asked = scene(called("the cause is not known"), called("nobody decided in time"))
    assert shown(slot(asked, "escalation:2")) == (
        "<!subteam^S0DATAONCA|@data-oncall> INC-1 needs you: nobody decided in time\n[I'm on it]"
    )
    assert "[I'm on it]" not in shown(slot(asked, "escalation:1"))
    assert slot(asked, "escalation:1").text == "INC-1 needs a person: the cause is not known"


def test_who_has_to_do_something_is_told_in_the_report_however_long_it_is() -> None:
    notes = [
        e.NoteAdded(at=story.at(70 + n), actor=DEV, text="x" * 100, author=DEV) for n in range(3)
    ]
    whole = scene(*FIXED, *notes, *resolved(), reported())
    said = shown(slot(whole, "report"))
    assert len(read(said)) <= 900
    owed = said.index("• replica-2 replication lag 2.3 h · <!subteam^S0DBAONCAL|@dba-oncall>")
    assert owed < said.index("*Note*"), "what is cut off is what people wrote"


def test_the_report_is_the_last_word_and_tells_owners_what_stays_open() -> None:
    tickets = [
        *books("open", ("opened", "DATA-412", "https://jira.example.com/browse/DATA-412")),
        *resolved(),
        *books(
            "close",
            ("closed", "DATA-412", "https://jira.example.com/browse/DATA-412"),
            ("replica-2 replication lag 2.3 h", "DBA-88", "http://127.0.0.1:1/browse/DBA-88"),
        ),
    ]
    told = scene(*FIXED, *tickets, reported())
    assert (
        shown(slot(told, "report"))
        == f"""\
*INC-1 resolved in 22 min*
*Cause (high confidence):* replica-2 is 2.3 h behind (limit 30 min), so reads time out
*Fix:* source switched to replica-1, replica-2 lagging
*Decided:* approved by Maya · plan {plan().digest("change")[:4]}
*Verified:* dust: 1 g
*Still open:*
• DBA-88 replica-2 replication lag 2.3 h · <!subteam^S0DBAONCAL|@dba-oncall>
*Ticket:* <https://jira.example.com/browse/DATA-412|DATA-412> closed
*Timeline:* 01:47 alert · 01:47 diagnosed · 01:47 approved · 01:47 applied · 02:09 resolved
*Cost:* no model was asked"""
    )
    assert [s.id for s in thread(told)][-1] == "report"


def test_an_answer_goes_to_where_it_was_asked() -> None:
    answered = e.QuestionAnswered(
        at=story.at(9), actor=MAYA, id="17.1", channel="D1", thread_ts="17.1",
        question="why?", answer="replica-2 is behind. → INC-1",
    )  # fmt: skip
    given = slot(scene(work=[answered]), "answer:17.1")
    assert (given.channel, given.thread_ts) == ("D1", "17.1")
    assert shown(given) == "replica-2 is behind. → INC-1"


def test_only_whoever_has_to_act_is_mentioned() -> None:
    mentioned = {
        s.id: sorted({who for who in ("S0DATAONCA", "S0DBAONCAL", MAYA) if who in shown(s)})
        for s in thread(scene(*FIXED, *resolved(), reported()))
    }
    assert mentioned == {
        "card": [],
        "investigation": [],
        "diagnosis": [],
        "approval:P1": [],
        "execution:P1": [],
        "monitor:P1": [],
        "report": ["S0DBAONCAL"],
    }
    asking = scene(diagnosed(), proposed())
    assert "S0DATAONCA" in shown(slot(asking, "approval:P1"))


@pytest.mark.invariant(21)
@pytest.mark.parametrize("follow_ups", [1, 30], ids=["few", "too many to show"])
def test_the_report_ends_in_the_head_of_the_audit_trail(follow_ups: int) -> None:
    told = scene(*FIXED, *resolved(), reported())
    diagnosis = told.incident.diagnosis
    assert diagnosis is not None
    long = tuple(FollowUp(summary=f"{'a long story ' * 9}{n}") for n in range(follow_ups))
    incident = told.incident.model_copy(
        update={
            "version": 12,
            "head": "3f9a1c2b" * 8,
            "diagnosis": diagnosis.model_copy(update={"follow_ups": long}),
        }
    )
    words = shown(slot(told.model_copy(update={"incident": incident}), "report"))
    assert words.endswith("*Audit:* 12 entries, head 3f9a1c2b")
    assert len(read(words)) <= 900
