"""What people are answered and asked, at its largest and with hostile text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from slack_sdk.models.blocks import Block

from bot.domain import events as e
from bot.domain.incident import Incident
from bot.incidents.deciding import Waits
from bot.sandbox.slack.checks.blocks import accept_blocks
from bot.sandbox.slack.checks.views import accept_view
from bot.slack import grammar as g
from bot.slack.listeners.commands import _blocks, _notice
from bot.slack.scene import Scene
from bot.slack.views import commands as say
from bot.slack.views.catchup import MOST_LINES, catchup_lines
from bot.slack.views.commands import Answer
from bot.slack.views.people import Window, window
from bot.slack.views.text import People, read
from tests.fakes import story
from tests.slack.scenes import (
    DEV,
    MAYA,
    approved,
    diagnosed,
    proposed,
    rejected,
    reported,
    resolved,
    scene,
    shown,
    slot,
)
from tests.slack.test_view_limits import HIDDEN, HOSTILE, _diagnosis, _mrkdwn, _people, _plan, _work


def hostile(text: str) -> Scene:
    """An incident in which everything outside says `text`."""
    plan = _plan(text)
    reached = e.DiagnosisReached(at=story.at(2), actor="opsbot", diagnosis=_diagnosis(text))
    told = scene(
        reached, *story.proposed(plan, story.ask()), *_people(text),
        work=list(_work(text)),
        people=People(names={MAYA: text, DEV: text, "@data-oncall": text}),
    )  # fmt: skip
    changes = {"title": text, "service": text, "impact": text, "severity": "sev2"}
    incident = told.incident.model_copy(update=changes)
    return told.model_copy(update={"incident": incident})


def answers(told: Scene) -> list[Answer]:
    incident, people = told.incident, told.people
    fix = incident.fix
    assert fix is not None
    link = {incident.id: "https://jira.example.com/x"}
    command = g.Resolve(verb="resolve", rest=incident.title, summary=incident.title)
    waits = Waits(incident=incident, plan=fix, mine=True)
    return [
        say.help_answer(incident.title),
        say.rows("Open", [incident] * 40, people, link),
        say.approvals([waits] * 40, link),
        say.where_to_decide(incident, link[incident.id]),
        say.picker(command, [incident] * 9),
        say.opened(incident, [incident] * 9, fresh=True),
        say.severity_set(incident),
        say.command_taken(incident),
        say.command_offered(incident, DEV, people),
        say.resolved(incident.model_copy(update={"resolution": incident.title})),
        say.reopened(incident),
        Answer(text="\n".join(catchup_lines(told))),
    ]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_slack_takes_every_answer_and_nothing_in_it_survives_as_markup(text: str) -> None:
    for answer in answers(hostile(text)):
        blocks = _blocks(answer)
        accept_blocks(json.loads(json.dumps(blocks)), "message")
        for parsed in Block.parse_all(blocks):
            parsed.validate_json()
        for words in [*_mrkdwn(blocks), _notice(answer)]:
            left = words.replace("<https://jira.example.com/x|", "").replace("Review>", "")
            left = left.replace("INC-1>", "").replace("in its thread>", "")
            assert "<" not in left
            assert not HIDDEN.search(left)
            assert "```" not in left


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_slack_takes_every_window(text: str) -> None:
    place = Window(incident="INC-" + "9" * 12, channel="C0INCIDENT", thread_ts="1760000000.000100")
    incident = hostile(text).incident
    for command in (
        g.SetSeverity(verb="sev", severity=None, reason=text),
        g.SetSeverity(verb="sev", severity="sev1", reason=text),
        g.GiveCommand(verb="commander", user=None),
        g.Resolve(verb="resolve", summary=text),
        g.Reopen(verb="reopen", reason=text),
    ):
        view = json.loads(json.dumps(window(command, incident, place)))
        accept_view(view, "modal")
        assert Window.unpack(view["private_metadata"]) == place


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_catch_up_never_has_more_than_eight_lines(text: str) -> None:
    assert len(catchup_lines(hostile(text))) <= MOST_LINES
    assert all("\n" not in line for line in catchup_lines(hostile(text)))


def test_help_has_at_most_twelve_lines() -> None:
    assert len(say.help_answer("coffee").text.split("\n")) <= 12


def test_a_catch_up_says_it_all() -> None:
    told = scene(
        diagnosed(ruled_out=("a deploy", "the network")),
        proposed(),
        e.CommandTaken(at=story.at(9), actor=DEV),
    )
    incident = told.incident.model_copy(update={"impact": "Revenue is yesterday's."})
    assert catchup_lines(told.model_copy(update={"incident": incident})) == [
        "*INC-1 · SEV2 · Needs approval* ETL job 'daily_revenue_aggregation' failed (exit code 1),"
        " Dev commands, since 01:47",
        "*Now:* since 01:47: revenue tables are not refreshed until a run succeeds",
        "*Impact:* Revenue is yesterday's.",
        "*Cause (high confidence):* replica-2 is 2.3 h behind (limit 30 min), so reads time out",
        "*Done:* 3 checks",
        "*Waiting for:* @data-oncall to approve 2 changes by 02:02; replica-1 lag 4 min"
        " (limit 30 min)",
        "*Next update:* when the state changes; whoever follows it hears every 60 min",
        "*Ruled out:* a deploy; the network",
    ]


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        ([], "*Cause:* not known yet"),
        ([], "*Done:* 3 checks"),
        ([diagnosed(), *proposed(), approved(), *story.done(0), story.started(1)],
         "*Done:* 1 of 2 steps ran, approved by Maya: Set source of daily_revenue_aggregation:"
         " replica-2 → replica-1; Run daily_revenue_aggregation once; 3 checks"),
        ([diagnosed(), *proposed(), rejected()],
         "*Done:* Maya rejected a fix: wait for the DBA; 3 checks"),
        ([diagnosed(), e.HandoverOffered(at=story.at(9), actor=MAYA, to=DEV)],
         "*Waiting for:* a person to take over; Dev to accept the command"),
        ([diagnosed(), *resolved()], "*Still open:* replica-2 replication lag 2.3 h"),
    ],
)  # fmt: skip
def test_a_catch_up_says_what_was_done_and_what_it_waits_for(parts: list[Any], line: str) -> None:
    assert line in catchup_lines(scene(*parts))


def severity(seconds: float = 9) -> e.SeverityChanged:
    return e.SeverityChanged(
        at=story.at(seconds), actor=MAYA, severity="sev2", before="sev3", reason="customers see it"
    )


def test_a_severity_that_was_set_is_a_line_of_its_own() -> None:
    told = slot(scene(severity()), "severity:1")
    assert shown(told) == "*SEV3 → SEV2*, set by Maya 01:47: customers see it"
    assert told.text == "INC-1 SEV3 → SEV2: customers see it"


def test_a_hand_over_waits_for_its_yes_and_then_is_history() -> None:
    taken = e.CommandTaken(at=story.at(5), actor=MAYA)
    offered = e.HandoverOffered(at=story.at(9), actor=MAYA, to=DEV)
    waits = scene(diagnosed(), taken, offered)
    asked = shown(slot(waits, "handover:1"))
    assert asked == (
        f"<@{DEV}> Maya asks you to command INC-1. Until then Maya commands.\n[Accept]"
    )
    alone = slot(waits, f"handover:1:{DEV}")
    assert alone.channel == DEV
    assert "*Cause (high confidence):*" in shown(alone)
    assert shown(alone).endswith("[Accept]")
    accepted = scene(diagnosed(), taken, offered, e.CommandTaken(at=story.at(60), actor=DEV))
    for name in ("handover:1", f"handover:1:{DEV}"):
        assert shown(slot(accepted, name)) == "Dev commands INC-1 since 01:48, asked by Maya."
    assert "Commander Dev" in shown(slot(accepted, "card"))


@pytest.mark.parametrize(
    "after",
    [
        [e.HandoverOffered(at=story.at(60), actor=MAYA, to=MAYA)],
        resolved(),
        [e.CommandTaken(at=story.at(60), actor=MAYA)],
    ],
    ids=["another is asked", "it is over", "another took it"],
)
def test_a_hand_over_that_nobody_waits_for_has_no_button(after: list[Any]) -> None:
    offered = e.HandoverOffered(at=story.at(9), actor=MAYA, to=DEV)
    left = shown(slot(scene(offered, *after), "handover:1"))
    assert left == "Maya asked Dev to command INC-1 01:47; it was not accepted."


def test_the_report_tells_what_people_set_and_noted_by_their_names() -> None:
    told = scene(
        diagnosed(),
        severity(60),
        e.CommandTaken(at=story.at(120), actor=MAYA),
        e.CommandTaken(at=story.at(180), actor=DEV),
        e.NoteAdded(
            at=story.at(240), actor=MAYA, author=DEV, text="I *restarted* replica-2",
            url="https://jira.example.com/1",
        ),
        e.IncidentResolved(at=story.at(1320), actor=MAYA, summary="replica-2 caught up"),
        reported(),
    )  # fmt: skip
    words = shown(slot(told, "report"))
    assert "*How:* replica-2 caught up, says Maya\n" in words
    assert "*Severity:* SEV3 → SEV2 (Maya: customers see it)\n" in words
    assert "*Commander:* Maya, then Dev\n" in words
    assert (
        "*Note* 01:51 Dev: <https://jira.example.com/1|I \u200a*restarted\u200a* replica-2>"
        in words
    )
    assert (
        "*Timeline:* 01:47 alert · 01:47 diagnosed · 01:48 SEV2 · 01:49 Maya commands"
        " · 01:50 Dev commands · 01:51 note of Dev · 02:09 resolved\n"
    ) in words


def test_after_a_reopening_there_is_a_second_report_and_the_first_stays() -> None:
    again = e.IncidentReopened(at=story.at(1400), actor=MAYA, reason="stale again")
    end = e.IncidentResolved(at=story.at(1500), actor=MAYA, summary="now it is well")
    told = scene(diagnosed(), *resolved(), reported(), again, end, reported())
    assert "reopened by Maya" in shown(slot(told, "report:2"))
    with pytest.raises(KeyError):
        slot(told, "report")
    assert "*Reopened* by Maya 02:10: stale again" in shown(slot(told, "reopened:1"))


def test_a_row_names_the_commander() -> None:
    incident: Incident = scene(e.CommandTaken(at=story.at(9), actor=MAYA)).incident
    words = say.rows("Open", [incident], People(names={MAYA: "Maya"}), {}).text
    assert read(words) == (
        "*Open: 1*\n• INC-1 · SEV2 · Investigating · ETL job 'daily_revenue_aggregation' failed"
        " (exit code 1) · Commander Maya · since 01:47"
    )
