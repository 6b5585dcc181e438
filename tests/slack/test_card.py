"""The card stands alone: what, now, why, next; one emoji with its word."""

from __future__ import annotations

from bot.domain import events as e
from bot.incidents.gravity import Proposal
from bot.slack.scene import Scene
from bot.slack.views.text import read
from tests.fakes import story
from tests.slack.scenes import (
    MAYA,
    alert,
    approved,
    books,
    called,
    diagnosed,
    noted,
    proposed,
    rejected,
    resolved,
    scene,
    shown,
    slot,
)

LINK = {"approval:P1": "https://example.slack.com/archives/C1/p2"}
TICKET = books("open", ("opened", "DATA-412", "https://jira.example.com/browse/DATA-412"))


def test_a_card_is_first_what_the_alert_says() -> None:
    first = slot(scene(work=()), "card")
    assert (
        shown(first)
        == """\
SEV2 · Investigating · ETL job 'daily_revenue_aggregation' failed (exit code 1)
*Now:* since 01:47: revenue tables are not refreshed until a run succeeds
*Next:* diagnosis, then a proposal
🔍 Investigating · INC-1 · etl · 0 s · updated 01:47
[Follow] [Catch me up] [⋯ Change severity, Set commander, Resolve]"""
    )
    assert first.text == (
        "INC-1 ETL job 'daily_revenue_aggregation' failed (exit code 1) · SEV2, investigating"
    )


def test_while_it_waits_it_names_who_is_to_approve_what_until_when() -> None:
    waiting = scene(TICKET, diagnosed(), proposed(), links=LINK)
    assert (
        shown(slot(waiting, "card"))
        == """\
SEV2 · Needs approval · ETL job 'daily_revenue_aggregation' failed (exit code 1)
*Now:* since 01:47: revenue tables are not refreshed until a run succeeds
*Cause (high confidence):* replica-2 is 2.3 h behind (limit 30 min), so reads time out
*Next:* @data-oncall to approve 2 changes by 02:02; replica-1 lag 4 min (limit 30 min)
✋ Needs approval · INC-1 · etl · 2 s · updated 01:47 · \
<https://jira.example.com/browse/DATA-412|DATA-412>
[Review fix] [Follow] [Catch me up] [⋯ Change severity, Set commander, Resolve]"""
    )


def test_there_is_no_approve_on_the_card_only_a_link_to_where_it_is_decided() -> None:
    [actions] = [
        block
        for block in slot(scene(diagnosed(), proposed(), links=LINK), "card").blocks
        if block["type"] == "actions"
    ]
    buttons = [b for b in actions["elements"] if b["type"] == "button"]
    assert [(b["text"]["text"], b.get("url")) for b in buttons] == [
        ("Review fix", LINK["approval:P1"]),
        ("Follow", None),
        ("Catch me up", None),
    ]


def test_it_follows_the_fix_to_its_end() -> None:
    at_step_one = scene(diagnosed(), proposed(), approved(), story.started(0))
    assert "*Next:* step 1 of 2" in shown(slot(at_step_one, "card"))
    landed = [*story.done(0), story.started(1), story.finished(1)]
    watching = scene(diagnosed(), proposed(), approved(), landed, work=[noted("run is running")])
    assert "👀 Monitoring" in shown(slot(watching, "card"))
    assert "*Now:* run is running" in shown(slot(watching, "card"))
    over = scene(
        diagnosed(), proposed(), approved(), landed, story.verified(1), story.recovered(),
        resolved(),
    )  # fmt: skip
    assert (
        shown(slot(over, "card"))
        == """\
SEV2 · Resolved · ETL job 'daily_revenue_aggregation' failed (exit code 1)
*Now:* source switched to replica-1, replica-2 lagging
*Cause (high confidence):* replica-2 is 2.3 h behind (limit 30 min), so reads time out
*Next:* still open: replica-2 replication lag 2.3 h
✅ Resolved · INC-1 · etl · 22 min · updated 02:09
[Catch me up] [⋯ Reopen]"""
    )


def test_a_rejection_leaves_it_to_whoever_was_called() -> None:
    why = "the fix was rejected: wait for the DBA"
    left = scene(diagnosed(), proposed(), rejected(), called(why, "P1"))
    assert "✋ Needs a person" in shown(slot(left, "card"))
    assert f"*Now:* {why}\n" in shown(slot(left, "card"))
    assert "*Next:* @data-oncall to take over" in shown(slot(left, "card"))


def test_a_failed_fix_says_so_while_it_is_put_back() -> None:
    failing = [*story.done(0), story.started(1), story.finished(1, "failed")]
    failed = shown(slot(scene(diagnosed(), proposed(), approved(), failing), "card"))
    assert "❌ Failed" in failed
    assert "*Now:* step 2 failed: failed" in failed
    assert "*Next:* put back what was changed, then call a person" in failed


def test_what_it_means_for_people_goes_before_the_alert_s_own_words() -> None:
    plain = scene(work=())
    means = "Revenue tables go stale; finance reads yesterday's numbers."
    known = plain.incident.model_copy(update={"impact": means})
    card = shown(slot(plain.model_copy(update={"incident": known}), "card"))
    assert "*Now:* since 01:47: Revenue tables go stale; finance reads yesterday's numbers." in card


def test_several_alerts_are_counted() -> None:
    other = alert(fingerprint="fp-2")
    joined = e.AlertJoined(at=story.at(5), actor="alertmanager", alert=other)
    assert "*Now:* 2 alerts since 01:47: " in shown(slot(scene(joined), "card"))


def test_its_three_lines_fit_a_phone_whatever_the_alert_says() -> None:
    long = alert(annotations={"description": "words " * 700})
    words = e.AlertJoined(at=story.at(5), actor="alertmanager", alert=long)
    lines = slot(scene(words, diagnosed(), proposed()), "card").blocks[1]["text"]["text"]
    assert max(len(read(line.replace("*", ""))) for line in lines.split("\n")) <= 90


def test_on_a_phone_s_notice_stands_what_is_to_be_approved_and_by_when() -> None:
    waiting = scene(diagnosed(), proposed(risk="low"))
    assert slot(waiting, "card").text == (
        "INC-1 approve by 02:02? Set source of daily_revenue_aggregation: replica-2 → replica-1;"
        " 1 more. Low risk, step 1 can be undone"
    )


def test_the_commander_stands_on_it_and_that_a_model_wrote_it() -> None:
    taken = e.CommandTaken(at=story.at(5), actor=MAYA)
    [facts] = [
        line
        for line in shown(slot(scene(diagnosed(by="model"), taken), "card")).split("\n")
        if "INC-1" in line
    ]
    assert facts == (
        "✋ Needs a person · INC-1 · etl · Commander Maya · 5 s · updated 01:47 · AI-generated"
    )
    assert "AI-generated" not in shown(slot(scene(diagnosed()), "card"))
    assert "Hand over command" in shown(slot(scene(taken), "card"))


def test_a_proposed_severity_is_a_line_and_a_button_with_its_reason() -> None:
    proposal = Proposal(severity="sev1", reason="checkout is of tier 1 and 2 services fire")
    shouted = scene().model_copy(update={"proposed": proposal})
    card = slot(shouted, "card")
    assert "opsbot proposes SEV1: checkout is of tier 1 and 2 services fire\n" in shown(card)
    assert "[Set SEV1]" in shown(card)


def test_a_block_that_changes_is_another_block() -> None:
    def named(which: Scene) -> dict[str, str]:
        return {b["type"]: b["block_id"] for b in slot(which, "card").blocks}

    before, after = named(scene()), named(scene(diagnosed(), proposed(), links=LINK))
    assert set(before.values()).isdisjoint(after.values())
    assert before == named(scene())
    severe = e.SeverityChanged(
        at=story.at(0), actor=MAYA, severity="sev1", before="sev2", reason="so many"
    )
    changed = named(scene(severe))
    assert changed["header"] != before["header"]
    assert changed["actions"] == before["actions"]


def test_one_that_was_fixed_and_reopened_needs_a_person() -> None:
    landed = [*story.done(0), *story.done(1), story.recovered()]
    again = e.IncidentReopened(at=story.at(1400), actor=MAYA, reason="stale again")
    reopened = shown(
        slot(scene(diagnosed(), proposed(), approved(), landed, resolved(), again), "card")
    )
    assert "✋ Needs a person" in reopened
    assert "*Now:* reopened by Maya: stale again\n" in reopened
    assert "*Next:* Maya is on it" in reopened
