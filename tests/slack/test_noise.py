"""How much is said: what needs a person always, all else within bounds."""

from __future__ import annotations

import pytest

from bot.domain import events as e
from bot.domain.ports import Posted
from bot.domain.values import Severity
from bot.slack.projection.noise import MOST_UNANSWERED, bounded
from bot.slack.slots import Slot
from bot.slack.views.raised import raised
from bot.slack.views.thread import thread
from tests.fakes import story
from tests.slack.desk import CHANNEL, Desk
from tests.slack.scenes import (
    MAYA,
    WORK,
    alert,
    approved,
    called,
    diagnosed,
    diagnosis,
    opened,
    plan,
    proposed,
    reported,
    resolved,
    scene,
    shown,
    slot,
)

RUNNING = [diagnosed(), *proposed(), approved()]
FIXED = [*RUNNING, *story.done(0), *story.done(1), story.recovered()]


def message(name: str, *, rings: bool = False, moot: bool = False) -> Slot:
    return Slot(id=name, text=name, blocks=(), rings=rings, moot=moot)


def standing(*names: str, heard: str = "") -> dict[str, Posted]:
    return {name: Posted(status="posted", channel="C1", ts="1.1", heard=heard) for name in names}


TWELVE = [f"breaker:{number}" for number in range(MOST_UNANSWERED)]


def names(slots: list[Slot]) -> list[str]:
    return [each.id.partition(":")[0] if each.kind == "quiet" else each.id for each in slots]


def test_after_twelve_messages_that_nobody_answered_it_says_so_once_and_only_edits() -> None:
    slots = [message(name) for name in ("card", *TWELVE, "monitor:P1", "words")]
    assert names(bounded("INC-1", slots, {}, "")) == ["card", *TWELVE, "quiet"]
    posted = standing("card", *TWELVE)
    kept = bounded("INC-1", slots, posted, "")
    assert names(kept) == ["card", *TWELVE, "quiet"]
    again = bounded("INC-1", slots, {**posted, **standing(kept[-1].id)}, "")
    assert [each.id for each in again] == [each.id for each in kept], "the same line, so once"


def test_what_needs_a_person_and_the_last_word_are_never_held_back() -> None:
    rings = [message(name, rings=True) for name in ("approval:P3", "escalation:4", "failure:P2")]
    raised, report = message("severity:1"), message("report")
    slots = [*(message(name) for name in ("card", *TWELVE)), *rings, raised, report]
    kept = bounded("INC-1", slots, standing("card", *TWELVE), "")
    assert names(kept)[-5:] == ["approval:P3", "escalation:4", "failure:P2", "severity:1", "report"]


def test_what_people_did_themselves_does_not_count_among_the_twelve() -> None:
    acts = standing(*(f"severity:{n}" for n in range(MOST_UNANSWERED)))
    slots = [message(name) for name in ("card", *acts, "monitor:P1")]
    assert "monitor:P1" in names(bounded("INC-1", slots, standing("card", *acts), ""))


def test_once_a_person_says_something_it_goes_on() -> None:
    slots = [message(name) for name in ("card", *TWELVE, "monitor:P1")]
    posted = standing("card", *TWELVE)
    assert names(bounded("INC-1", slots, posted, "Maya at 02:26"))[-1] == "monitor:P1"


def test_what_a_person_does_or_asks_is_a_word_of_theirs() -> None:
    asked = e.QuestionAnswered(
        at=story.at(9), actor=MAYA, id="17.1", channel="D1", thread_ts="17.1", question="why?",
        answer="lag",
    )  # fmt: skip
    words = [scene().last_word, scene(*RUNNING).last_word, scene(work=[asked]).last_word]
    assert words[0] == ""
    assert len(set(words)) == 3


def test_of_each_kind_there_is_one_until_somebody_says_something() -> None:
    slots = [message("card"), *(message(f"execution:P{n}") for n in (1, 2))]
    assert names(bounded("INC-1", slots, {}, "")) == ["card", "execution:P1"]
    assert names(bounded("INC-1", slots, standing("execution:P1"), "yes")) == [
        "card",
        "execution:P1",
        "execution:P2",
    ]


def test_a_fourth_call_that_nobody_answers_rewords_the_third() -> None:
    calls = [called(f"reason {n}") for n in range(1, 5)]
    four = scene(*calls)
    ids = [each.id for each in thread(four) if each.kind == "escalation"]
    assert ids == ["escalation:1", "escalation:2", "escalation:3"]
    assert "reason 4" in shown(slot(four, "escalation:3"))
    assert "[I'm on it]" in shown(slot(four, "escalation:3"))


def test_a_fourth_call_rings_where_it_calls_others_or_somebody_reacted_meanwhile() -> None:
    calls = [called(f"reason {n}") for n in range(1, 4)]
    others = called("reason 4").model_copy(update={"to": ("@dba-oncall",)})
    assert slot(scene(*calls, others), "escalation:4").rings
    later = called("reason 4").model_copy(update={"at": story.at(99)})
    reacted = scene(*calls, *RUNNING[:-1], approved(), later)
    moved = reacted.incident.model_copy(update={"reacted_at": story.at(90)})
    heard = reacted.model_copy(update={"incident": moved})
    assert slot(heard, "escalation:4").rings


def test_a_diagnosis_is_posted_again_only_where_its_cause_is_taken_back() -> None:
    first = diagnosis().hypotheses[0]
    later = first.model_copy(update={"cause": first.cause.replace("2.3 h", "3 h")})
    refined = diagnosed(hypotheses=(later,))
    assert [s.id for s in thread(scene(diagnosed(), refined)) if s.kind == "diagnosis"] == [
        "diagnosis"
    ]
    assert "3 h behind" in shown(slot(scene(diagnosed(), refined), "diagnosis"))
    other = diagnosis().hypotheses[0].model_copy(update={"cause": "the disk is full"})
    reversed_ = scene(diagnosed(), diagnosed(hypotheses=(other,)))
    assert shown(slot(reversed_, "diagnosis")).startswith("*No longer thought*")
    new = slot(reversed_, "diagnosis:2")
    assert "*Cause (high confidence):* the disk is full" in shown(new)
    assert new.text == "INC-1 now: cause (high confidence): the disk is full"
    third = diagnosis().hypotheses[0].model_copy(update={"cause": "the network is slow"})
    twice = scene(
        diagnosed(), diagnosed(hypotheses=(other,)), diagnosed(hypotheses=(third,))
    )  # fmt: skip
    assert [s.id for s in thread(twice) if s.kind == "diagnosis"] == ["diagnosis", "diagnosis:2"]
    assert "the network is slow" in shown(slot(twice, "diagnosis:2"))


def test_a_cause_that_is_found_later_is_an_edit_and_one_that_is_lost_is_news() -> None:
    unknown = diagnosed(hypotheses=())
    assert [s.id for s in thread(scene(unknown, diagnosed())) if s.kind == "diagnosis"] == [
        "diagnosis"
    ]
    assert "*Cause not found.*" in shown(slot(scene(diagnosed(), unknown), "diagnosis:2"))


def test_an_alert_that_fires_again_under_watch_is_a_relapse_that_calls_who_is_on_call() -> None:
    landed = [*RUNNING, *story.done(0), *story.done(1)]
    cleared = e.AlertCleared(at=story.at(15), actor="alertmanager", fingerprint="fp-1")
    back = e.AlertJoined(
        at=story.at(300), actor="alertmanager", alert=alert(starts_at=story.at(300))
    )
    seen = scene(*landed, cleared, back).model_copy(update={"oncall": ("@data-oncall",)})
    again = slot(seen, "relapse:P1")
    assert again.rings
    assert shown(again).startswith(
        "<!subteam^S0DATAONCA|@data-oncall> INC-1 fires again since 01:52, after its fix: ETL job"
    )
    assert not [s for s in thread(scene(*landed, back)) if s.kind == "relapse"], "it never cleared"


@pytest.mark.parametrize(("severity", "told"), [("sev1", True), ("sev2", True), ("sev3", False)])
def test_the_report_of_sev1_and_sev2_is_shown_in_the_channel(severity: str, told: bool) -> None:
    ended = scene(*FIXED, *resolved(), reported())
    incident = ended.incident.model_copy(update={"severity": severity})
    slots = thread(ended.model_copy(update={"incident": incident}))
    assert [s.id for s in slots if s.broadcast] == (["report"] if told else [])


def changed(before: Severity, after: Severity, reason: str) -> e.SeverityChanged:
    return e.SeverityChanged(
        at=story.at(9), actor=MAYA, severity=after, before=before, reason=reason
    )


def test_only_a_raise_to_sev1_is_told_in_the_channel() -> None:
    notice = raised(scene(), 1, changed("sev2", "sev1", "tills are down"))
    assert notice is not None
    assert notice.broadcast
    assert shown(notice) == (
        "*INC-1 is SEV1 now* (was SEV2, open since 01:47): ETL job 'daily_revenue_aggregation'"
        " failed (exit code 1)\nMaya: tills are down"
    )
    assert raised(scene(), 2, changed("sev1", "sev2", "better")) is None
    assert raised(scene(), 3, changed("sev4", "sev3", "worse")) is None


def test_repeats_are_counted_on_the_card_alone() -> None:
    repeated = e.AlertRepeated(at=story.at(5), actor="opsbot", count=6)
    often = scene(work=[*WORK, repeated])
    assert " · ×7 · " in shown(slot(often, "card"))
    assert [s.id for s in thread(often)] == [s.id for s in thread(scene())]


def by_itself(seconds: float) -> list[e.IncidentEvent]:
    words = "the alert cleared by itself"
    over = e.IncidentResolved(at=story.at(seconds), actor="alertmanager", summary=words)
    return [over, e.IncidentReported(at=story.at(seconds + 1), actor="opsbot")]


@pytest.mark.usefixtures("hurried")
async def test_of_an_alert_that_clears_within_two_minutes_there_is_the_card_alone(
    desk: Desk,
) -> None:
    await desk.happens(opened(), diagnosed(), called("the cause is not known"), by_itself(90))
    await desk.ledger.note("INC-1", *WORK)
    await desk.happens(opened(fingerprint="fp-2"), diagnosed(), by_itself(130), incident="INC-2")
    desk.project()
    await desk.settled()
    assert await desk.posted() == ["card"]
    assert "Resolved" in str((await desk.thread())[0]["blocks"])
    assert await desk.posted("INC-2") == ["card", "diagnosis", "report"]


@pytest.mark.usefixtures("hurried")
async def test_what_stood_when_it_cleared_is_kept_right_and_nothing_is_added(desk: Desk) -> None:
    await desk.happens(opened(), diagnosed(), proposed())
    desk.project()
    await desk.settled()
    await desk.happens([called("late"), story.voided("cleared"), *by_itself(100)])
    await desk.settled()
    assert await desk.posted() == ["card", "diagnosis", "approval:P1"]
    assert "The alert cleared by itself" in str((await desk.thread())[2]["blocks"])


@pytest.mark.usefixtures("hurried")
async def test_the_report_in_the_channel_is_a_message_of_the_thread(desk: Desk) -> None:
    await desk.happens(opened(), *FIXED, *resolved(), reported())
    desk.project()
    await desk.settled()
    posted = await desk.posted()
    assert posted.count("report") == 1
    assert len(posted) <= 7
    history = await desk.client.conversations_history(channel=CHANNEL)
    assert [m.get("subtype") for m in history["messages"]] == ["thread_broadcast", None]


def test_no_message_wakes_a_whole_channel() -> None:
    for each in thread(scene(*FIXED, *resolved(), reported(), called("why"), plan_again())):
        assert "<!here>" not in shown(each)
        assert "<!channel>" not in shown(each)
        assert "<!everyone>" not in shown(each)


def plan_again() -> list[e.IncidentEvent]:
    return proposed(plan("P2"))
