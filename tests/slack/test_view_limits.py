"""Every message at its largest and its most hostile is one that Slack takes, and only text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from slack_sdk.models.blocks import Block

from bot.domain import events as e
from bot.domain.following import Subscription
from bot.domain.incident import Call, Incident, PlanState, Relapse
from bot.domain.refusals import CommandRefusedError
from bot.domain.values import Coverage, Diagnosis, FollowUp, Hypothesis
from bot.incidents.gravity import Proposal
from bot.incidents.hints import Taken
from bot.incidents.intent import Intent
from bot.incidents.leeway import Leeway, Offer
from bot.incidents.question import Question
from bot.incidents.quiet import Quiet
from bot.incidents.undoing import Offered, Restored
from bot.sandbox.slack.checks.blocks import accept_blocks
from bot.sandbox.slack.checks.chunks import accept_chunks
from bot.sandbox.slack.checks.views import accept_view
from bot.slack import ids
from bot.slack.home import Deciding, Home
from bot.slack.listeners.refusal import told
from bot.slack.origin import Origin, words_of
from bot.slack.quiet import quiet
from bot.slack.scene import Stage
from bot.slack.slots import Slot
from bot.slack.storm_scene import Ring, Row, Shared, StormScene
from bot.slack.views.answers.reply import reply
from bot.slack.views.answers.told import Told
from bot.slack.views.ask import ask_view, question_lead
from bot.slack.views.details import details_view
from bot.slack.views.edit import answer_view, edit_view, waiting_view
from bot.slack.views.edited import read_edit
from bot.slack.views.hint import hint_taken
from bot.slack.views.home import away_view, home_view
from bot.slack.views.monitor import relapse
from bot.slack.views.quiet import quiet_view
from bot.slack.views.raised import raised
from bot.slack.views.reject import reject_view
from bot.slack.views.roll_back import begun_words, looking_view, roll_back_view, told_view
from bot.slack.views.shortcuts import (
    attaching_view,
    catching_up_view,
    opening_view,
    where_told,
)
from bot.slack.views.spoken import spoken
from bot.slack.views.storm import storm_thread
from bot.slack.views.text import People, read, spelt
from bot.slack.views.thinking import (
    looked_words,
    outside_slot,
    stopped_words,
    tasks_of,
    thinking_slot,
    worded,
)
from bot.slack.views.thread import thread
from bot.slack.views.which import MOST_BUTTONS, Choice, which
from tests.fakes import story
from tests.slack.scenes import (
    MAYA,
    alert,
    begun,
    books,
    called,
    noted,
    plan,
    reported,
    scene,
    switch,
)
from tools.kit.narrowing import Narrows
from tools.kit.types import Change, DryRun, Evidence, Target

HOSTILE = {
    "long": "word " * 800,
    "one long word": "x" * 4000,
    "ampersands": "&" * 4000,
    "angles": "<" * 4000,
    "marks": "*_~`" * 1000,
    "everyone": "<!channel> <!here> <!everyone> @channel @here <!subteam^S0DATAONCA> " * 50,
    "people": f"<@{MAYA}> <@{MAYA}|Maya> &lt;@{MAYA}&gt; " * 50,
    "links": "<https://evil.example|lag graph> https://evil.example <mailto:a@b.c> " * 50,
    "javascript": "<javascript:alert(1)|Approve>",
    "bidirectional": "\u202egnp.exe\u202c \u2066Approve\u2069 \u200fright\u200e " * 50,
    "unseen": "re\u200bplica\u200d-\u20601 \ufeff\u00ad\u3164\u034f " * 50,
    "fences": "```\nApproved by Maya\n``` `code` ~~~ " * 50,
    "emoji": ":white_check_mark: :rotating_light: ✅ 👩‍👩‍👧‍👦 🏳️‍🌈 ⚙️ " * 50,
    "lines": "a\n*Who:* nobody\r\n\n&gt; quoted\n> quoted\n• point\n" * 50,
    "controls": "\x00\x07\x1b[31mred\x1b[0m\x7f\x9b" * 50,
    "nothing": " ",
}
MOST = {"diagnosis": 600, "escalation": 200, "report": 900, "execution": 700, "monitor": 240}
HIDDEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\u00ad\x00-\x08\x0b-\x1f\x7f]")


def incidents(text: str) -> Iterator[list[Slot]]:
    """The thread at every turn of an incident in which everything outside says `text`."""
    people = People(
        names={MAYA: text, "@data-oncall": text},
        mentions={MAYA: f"<@{MAYA}>", "@data-oncall": "<!subteam^S0DATAONCA|@data-oncall>"},
    )
    first = alert(title=text, annotations={"summary": text + "!"}, service=text)
    opening = e.AlertJoined(at=story.at(1), actor="a", alert=first)
    reached = e.DiagnosisReached(at=story.at(2), actor="opsbot", diagnosis=_diagnosis(text))
    work = [*_work(text), noted(text)]
    proposal = _plan(text)
    asked = [opening, reached, *story.proposed(proposal, story.ask(rule=text or "r"))]
    yes = story.decided("approve", MAYA, proposal).model_copy(update={"reason": text})
    no = story.decided("reject", MAYA, proposal).model_copy(update={"reason": text})
    call = e.PersonCalled(at=story.at(50), actor="opsbot", to=("@data-oncall", text), reason=text)
    void = story.voided("drift").model_copy(update={"reason": text})
    failed = story.finished(1, "failed").model_copy(update={"summary": text})
    back = story.undone(0).model_copy(update={"summary": text})
    landed = [yes, *story.done(0), story.started(1)]
    over = e.RecoveryVerified(
        at=story.at(20), actor="opsbot", plan_id="P1", passed=True, summary=text
    )
    end = e.IncidentResolved(at=story.at(40), actor="opsbot", summary=text)
    people_said = _people(text)
    halt = e.PlanHalted(at=story.at(14), actor=MAYA, plan_id="P1", name=text)
    halted = story.voided("halted").model_copy(update={"reason": text})
    handed = story.voided("handed").model_copy(update={"reason": text, "actor": MAYA})
    moved = story.undone(0, "refused").model_copy(update={"moved": True, "summary": text})
    wanted = e.UndoApproved(at=story.at(25), actor=MAYA, plan_id="P1", digest="", steps=(0,))
    tickets = books("open", (text, text or "K", f"https://jira.example.com/{text}"))
    for events in (
        [],
        [no, call],
        [void],
        [story.voided("expired"), call],
        landed,
        [*landed, failed, story.undoing(0), back, call],
        [*landed, story.finished(1), story.verified(1), over, *tickets, end, reported()],
        [call, *people_said],
        [*people_said, end, reported()],
        [end, e.IncidentReopened(at=story.at(41), actor=MAYA, reason=text), *people_said],
        [handed, call],
        [yes, *story.done(0), halt, halted, call],
        [*landed, failed, moved, call],
        [*landed, failed, moved, wanted, story.undoing(0), back],
    ):
        seen = scene(*asked, *events, work=work, people=people)
        titled = seen.incident.model_copy(update={"title": text, "service": text})
        proposal_of = Proposal(severity="sev1", reason=text)
        yield thread(seen.model_copy(update={"incident": titled, "proposed": proposal_of}))


def _people(text: str) -> list[e.IncidentEvent]:
    """Everything that people say of the incident itself, often."""
    return [
        *(
            e.SeverityChanged(
                at=story.at(30 + n), actor=MAYA, severity="sev1", before="sev2", reason=text
            )
            for n in range(5)
        ),
        e.CommandTaken(at=story.at(36), actor=MAYA),
        *(
            e.NoteAdded(
                at=story.at(37), actor=MAYA, text=text, author=MAYA,
                url=f"https://jira.example.com/{n}",
            )
            for n in range(5)
        ),
        e.HandoverOffered(at=story.at(38), actor=MAYA, to=MAYA),
        e.HandoverOffered(at=story.at(39), actor=MAYA, to="U0DEV00001"),
    ]  # fmt: skip


def _diagnosis(text: str) -> Diagnosis:
    return Diagnosis(
        by="model",
        hypotheses=(
            Hypothesis(
                cause=text,
                confidence="low",
                supported_by=tuple(f"E{n}" for n in range(9)),
                against=("E9", "E1"),
            ),
        ),
        not_known=(text,) * 5,
        follow_ups=(FollowUp(summary=text, owners=("@data-oncall", text)),) * 20,
        coverage=Coverage(failed=(text,) * 5, not_configured=(text,)),
    )


def _work(text: str) -> Iterator[e.WorkEvent]:
    for number in range(12):
        yield begun(f"check {number}", text)
        seen = Evidence(
            tool="t", query="q", summary=text, url=f"https://grafana.example.com/{text}|x>"
        )
        yield e.EvidenceRecorded(
            at=story.at(1), actor="opsbot", id=f"E{number}", check=f"check {number}",
            title=text, finding=text, evidence=seen,
        )  # fmt: skip
    for intent in Intent:
        yield e.QuestionAnswered(
            at=story.at(3), actor=MAYA, id=f"1.{intent}", channel="C1", thread_ts="1.1",
            question=text, answer=reply(intent, _told(text)),
        )  # fmt: skip


def _told(text: str) -> Told:
    """Everything that an answer may be made from says `text`."""
    reached = e.DiagnosisReached(at=story.at(2), actor="opsbot", diagnosis=_diagnosis(text))
    proposal = _plan(text)
    no = story.decided("reject", MAYA, proposal).model_copy(update={"reason": text})
    call = e.PersonCalled(at=story.at(50), actor="opsbot", to=("@data-oncall", text), reason=text)
    asked = scene(
        reached,
        *story.proposed(proposal, story.ask(rule=text or "r")),
        no,
        call,
        work=[
            e.EvidenceRecorded(
                at=story.at(1), actor="opsbot", id="E1", check="c", title=text, finding=text,
                evidence=Evidence(tool="t", query="q", summary=text, url=f"https://grafana.example.com/{text}"),
            )
        ],
        links={"card": "https://grafana.example.com/card", "approval:P1": "https://jira.example.com/a"},
        people=People(names={MAYA: text, "@data-oncall": text}),
    )  # fmt: skip
    titled = asked.incident.model_copy(update={"title": text, "impact": text, "service": text})
    change = {"at": "2026-11-23T01:40:00+00:00", "text": text, "services": [text], "by": text}
    looked = Evidence(
        tool="t", query="q", summary=text, excerpt=text, url=f"https://grafana.example.com/{text}",
        values={"changes": [change, {"at": text}, text]},
    )  # fmt: skip
    shown = asked.model_copy(update={"incident": titled})
    return Told(scene=shown, now=story.at(100), looked=looked)


def _plan(text: str) -> Any:
    change = Change(target=text, field=text, before=text, after=text)
    step = switch(
        params={"job": text},
        dry_run=DryRun(
            summary=text,
            targets=(Target(kind=text, name=text),),
            changes=(change,),
            affects=(text,),
            warnings=(text,),
        ),
    )
    return plan(
        steps=(step, step),
        guards=(story.guard(title=text, shown=text),),
        verify=(),
        resolution=text,
    )


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_slack_takes_every_message_of_it(text: str) -> None:
    count = 0
    for slots in incidents(text):
        for slot in slots:
            count += 1
            for blocks in (list(slot.blocks), list(slot.plain)):
                accept_blocks(json.loads(json.dumps(blocks)), "message")
                for parsed in Block.parse_all(blocks):
                    parsed.validate_json()
            assert 0 < len(slot.text) <= 1000
            assert len(read(slot.text)) <= 150
            assert "\u200a" not in slot.text, "a notification shows what parts our marks"
    assert count > 30


def test_every_message_is_one_that_a_phone_shows_whole_and_a_screen_reader_says() -> None:
    signs = {stage.emoji for stage in Stage}
    for slots in incidents("disk full"):
        for slot in slots:
            assert not [b for b in slot.blocks if "fields" in b or b["type"] == "table"], slot.id
            assert all(b["expand"] for b in slot.blocks if b["type"] == "section"), slot.id
            actions = [b["elements"] for b in slot.blocks if b["type"] == "actions"]
            for element in [one for each in actions for one in each if one["type"] == "button"]:
                assert element["accessibility_label"], slot.id
                assert any(letter.isalpha() for letter in element["text"]["text"]), slot.id
        card = json.dumps(list(slots[0].blocks), ensure_ascii=False)
        shown = sum(card.count(sign) for sign in signs)
        assert shown == 1, "one emoji a card, always with its word"
        assert any(f"{stage.emoji} {stage.word}" in card for stage in Stage)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_message_says_more_than_it_may(text: str) -> None:
    for slots in incidents(text):
        for slot in slots:
            most = MOST.get(slot.id.partition(":")[0])
            words = "\n".join(b["text"]["text"] for b in slot.blocks if b["type"] == "section")
            if most:
                assert len(read(words)) <= most, slot.id
            if slot.id == "card":
                assert max(len(read(line)) for line in words.split("\n")) <= 92


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_nothing_in_it_survives_as_a_mention_a_link_or_formatting(text: str) -> None:
    ours = re.compile(
        rf"<@{MAYA}>|<!subteam\^S0DATAONCA\|@data-oncall>"
        r"|<https://(grafana|jira)\.example\.com/[^<>|\s]*\|[^<>|]*>"
    )
    for slots in incidents(text):
        for slot in slots:
            for words in [*_mrkdwn([*slot.blocks, *slot.plain]), slot.text]:
                left = ours.sub("", words)
                assert "<" not in left, slot.id
                assert ">" not in left, slot.id
                assert "```" not in left
                assert not re.search(r":[a-z_]+:", left)
                assert not HIDDEN.search(left), slot.id
            titles = [t["title"] for b in slot.blocks if b["type"] == "plan" for t in b["tasks"]]
            assert not re.search("[<>]", "".join(titles))


def _mrkdwn(value: Any) -> Iterator[str]:
    """Every piece of text in which Slack reads markup; in it, Slack adds none of its own."""
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            assert value["verbatim"] is True
            yield value["text"]
        for inner in value.values():
            yield from _mrkdwn(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _mrkdwn(inner)


def storm_of(text: str, count: int) -> StormScene:
    """A storm in which everything outside says `text`."""
    row = Row(
        incident="INC-999999", title=text, severity="sev1", stage=Stage.NEEDS_PERSON,
        opened_at=story.at(0), taken_by=MAYA, link="https://acme.slack.com/archives/C1/p2",
    )  # fmt: skip
    nobody = row.model_copy(update={"taken_by": None, "link": ""})
    call = Call(to=("@data-oncall", text), reason=text, at=story.at(9), then=(text, text))
    one = Shared(incident=row.incident, number=1, call=call)
    ring = Ring(
        id="call:0:@data-oncall", calls=(one,) * count, instead=f"because {text}", direct=(MAYA,),
        until=story.at(300),
    )  # fmt: skip
    return StormScene(
        id="STORM-999999",
        rows=(row,) * count + (nobody,) * count,
        rings=(ring,),
        people=People(
            names={MAYA: text, "@data-oncall": text},
            mentions={MAYA: f"<@{MAYA}>", "@data-oncall": "<!subteam^S0DATAONCA|@data-oncall>"},
        ),
        link="https://acme.slack.com/archives/C1/p1",
    )


@pytest.mark.parametrize("count", [1, 200])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_slack_takes_every_message_of_a_storm_and_reads_no_markup_in_it(
    text: str, count: int
) -> None:
    ours = re.compile(
        rf"<@{MAYA}>|<!subteam\^S0DATAONCA\|@data-oncall>|<https://acme\.slack\.com/[^<>|]*\|[^<>|]*>"
    )
    slots = storm_thread(storm_of(text, count))
    assert len(slots) == 3
    for slot in slots:
        blocks = list(slot.blocks)
        accept_blocks(json.loads(json.dumps(blocks)), "message")
        for parsed in Block.parse_all(blocks):
            parsed.validate_json()
        assert 0 < len(read(slot.text)) <= 150
        for words in [*_mrkdwn(blocks), slot.text]:
            assert not re.search("[<>]|:[a-z_]+:|```", ours.sub("", words))
            assert not HIDDEN.search(words)
    rows = [b["text"]["text"] for b in slots[0].blocks if b["type"] == "section"]
    lines = "\n".join(rows).split("\n")
    assert len(lines) == (2 if count == 1 else 11)
    for slot in slots[1:]:
        assert len(read(slot.blocks[0]["text"]["text"])) <= 201


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_slack_takes_the_notices_of_the_channel(text: str) -> None:
    change = e.SeverityChanged(
        at=story.at(9), actor=text, severity="sev1", before="sev2", reason=text
    )
    notice = raised(scene(), 1, change)
    gone_quiet = quiet("INC-1", [Slot(id=f"x:{n}", text="x", blocks=()) for n in range(13)], {}, "")
    again = scene(called(text)).model_copy(update={"oncall": ("@data-oncall", text)})
    back = relapse(again.model_copy(update={"incident": _relapsed(again.incident, text)}), _ran())
    for slot in (notice, gone_quiet[-1], back):
        assert slot is not None
        accept_blocks(json.loads(json.dumps(list(slot.blocks))), "message")
        assert 0 < len(read(slot.text)) <= 150
        for words in _mrkdwn(list(slot.blocks)):
            assert "<" not in words.replace("<!subteam^S0DATAONCA|@data-oncall>", "")


def _relapsed(incident: Incident, text: str) -> Incident:
    return incident.model_copy(
        update={"relapses": {"P1": Relapse(plan_id="P1", title=text, at=story.at(9))}}
    )


def _ran() -> PlanState:
    return scene(*story.proposed(plan(), story.ask())).incident.plans["P1"]


def test_the_reject_modal_is_one_that_slack_takes() -> None:
    ref = ids.PlanRef(incident="INC-" + "9" * 30, plan="P1", digest="f" * 64)
    accept_view(reject_view(ref, ("C0INCIDENT", "1760000000.000100")), "modal")
    accept_view(reject_view(ref, ("C0INCIDENT", None)), "modal")


def _offer(text: str, steps: int, entries: int) -> Offer:
    """Everything that may shrink, each saying `text` in its own way."""
    given = _plan(text)
    step, count = given.steps[0], range(entries)
    whole = plan(steps=(step,) * steps, verify=(story.guard(title=text),))
    room = {"name": text or "n", "words": text}
    return Offer(
        plan=whole,
        leeways=(
            Leeway(step=0, how=Narrows.FEWER, value=[f"{n}{text}" for n in count], **room),
            Leeway(step=0, how=Narrows.FEWER, value={f"{n}{text}": text for n in count}, **room),
            Leeway(step=0, how=Narrows.FEWER, value=[text, text, None, 1, {"a": [text]}], **room),
            Leeway(step=0, how=Narrows.LESS, value=10**40, **room),
            Leeway(step=0, how=Narrows.LESS, value=1e-9, **room),
        ),
    )


@pytest.mark.parametrize(("steps", "entries"), [(1, 2), (2, 10), (20, 20), (60, 60), (900, 900)])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_slack_takes_the_edit_modal_and_reads_no_markup_in_it(
    text: str, steps: int, entries: int
) -> None:
    ref = ids.PlanRef(incident="INC-" + "9" * 30, plan="P1", digest="f" * 64)
    offer = _offer(text, steps, entries)
    view = json.loads(json.dumps(edit_view(ref, offer, ("C0INCIDENT", "1760000000.000100"))))
    accept_view(view, "modal")
    assert len(json.dumps(view, ensure_ascii=False).encode()) < 250_000
    ours = view["blocks"][0]
    assert "<" not in "".join(_mrkdwn(ours))
    assert list(_mrkdwn(view)) == list(_mrkdwn(ours)), "the rest is plain text"
    for said in _plain_texts(view):
        assert said.get("emoji", False) is False
        assert not HIDDEN.search(said["text"])
    kept = {
        b["block_id"]: {"value": _as_it_was(b["element"])} for b in view["blocks"] if "element" in b
    }
    edit, errors = read_edit(offer, kept)
    assert (edit.steps, edit.params) == (None, {}), "what is sent back untouched changes nothing"
    assert [words[:24] for words in errors.values()] == ["Nothing is smaller yet. "]


def _as_it_was(element: dict[str, Any]) -> dict[str, Any]:
    if element["type"] == "checkboxes":
        return {"selected_options": element["initial_options"]}
    return {"value": element["initial_value"]}


def _plain_texts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if value.get("type") == "plain_text":
            yield value
        for inner in value.values():
            yield from _plain_texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _plain_texts(inner)


REF = ids.PlanRef(incident="INC-" + "9" * 30, plan="P1", digest="f" * 64)
PLACE = ("C0INCIDENT", "1760000000.000100")


def _only_text(view: dict[str, Any]) -> None:
    """Slack takes it, and reads markup in nothing of it but ours."""
    accept_view(json.loads(json.dumps(view)), "modal")
    assert len(json.dumps(view, ensure_ascii=False).encode()) < 250_000
    ours = re.compile(r"<https://grafana\.example\.com/[^<>|\s]*\|[^<>|]*>")
    for words in _mrkdwn(view):
        assert not re.search("[<>]", ours.sub("", words))
        assert not HIDDEN.search(words)
    for said in _plain_texts(view):
        assert not HIDDEN.search(said["text"])


@pytest.mark.parametrize("steps", [1, 60])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_slack_takes_the_details_of_any_plan(text: str, steps: int) -> None:
    given = _plan(text)
    whole = given.model_copy(
        update={
            "steps": given.steps[:1] * steps,
            "guards": given.guards * steps,
            "verify": given.guards * steps,
        }
    )
    asked = story.proposed(whole, story.ask(rule=text or "r"))
    seen = scene(*asked, work=_work(text)).incident.fixes[0]
    view = details_view(scene(*asked).incident, seen, tuple(_work(text)))
    _only_text(view)
    assert len(view["blocks"]) <= 50


@pytest.mark.parametrize("count", [1, 5, 500])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_a_roll_back_writes_over_is_shown_whole_or_cant_be_agreed_to(
    text: str, count: int
) -> None:
    field = Restored(step=0, target="t", field="f", now=text, left=text[:9], back="was")
    offered = Offered(steps=(0,), fields=(field,) * count)
    view = roll_back_view(REF, offered, PLACE)
    _only_text(view)
    told = "\n".join(b["text"]["text"] for b in view["blocks"])
    if "submit" in view:
        flat = text.replace("\r\n", "⏎").replace("\n", "⏎").replace("\t", " ")
        assert told.count(f"now: {spelt(flat)}") == count
        assert len(view["private_metadata"]) <= 3000
    else:
        assert "too much to be shown whole" in told


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_slack_takes_the_other_windows_of_an_approval(text: str) -> None:
    state = scene(*story.proposed(_plan(text), story.ask())).incident.fixes[0]
    for view in (
        ask_view(REF, state, PLACE),
        looking_view(REF),
        told_view(begun_words(REF)),
    ):
        _only_text(view)
    lead = question_lead("Maya", text)
    assert not re.search("[<>]", lead)
    assert not HIDDEN.search(lead)


def test_a_choice_of_the_menu_is_short_enough() -> None:
    assert len(REF.choice(ids.DETAILS)) <= 150


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
async def test_slack_takes_the_answer_to_an_edit(text: str) -> None:
    nobody: Any = None
    words = await told(CommandRefusedError(text), nobody)
    accept_view(answer_view(f"Nothing was changed. {words}"), "modal")
    assert "<" not in words
    accept_view(waiting_view(ids.PlanRef(incident="INC-1", plan="P1", digest="f")), "modal")


def _home(text: str, rows: int) -> Home:
    """A tab in which everything that others wrote says `text`."""
    proposal = _plan(text)
    asked = scene(*story.proposed(proposal, story.ask(rule=text or "r"))).incident
    changes = {"title": text, "service": text, "commander": MAYA}
    incidents = tuple(
        asked.model_copy(update={"id": f"INC-{n}", **changes}) for n in range(1, rows + 1)
    )
    link = (
        "https://acme.slack.com/archives/C0INCIDENT/p1760000000000100?thread_ts=1.1&cid=C0INCIDENT"
    )
    follows = tuple(
        Subscription(user=MAYA, target=text or "t", place=place, since=story.at(0))
        for place in (MAYA, "C0DATATEAM") * rows
    )
    return Home(
        at=story.at(100_000),
        channel="C0INCIDENT",
        deciding=tuple(
            Deciding(incident=i, plan=i.fixes[0], own=n % 2 == 0) for n, i in enumerate(incidents)
        ),
        commanding=incidents,
        open=incidents,
        links={i.id: {"card": link, "approval:P1": link} for i in incidents},
        people=People(names={MAYA: text}),
        following=follows,
        quiet=Quiet.parse("22:00-07:00", text),
    )


@pytest.mark.parametrize("rows", [0, 1, 12])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_slack_takes_the_home_tab_and_reads_only_our_markup_in_it(text: str, rows: int) -> None:
    home = _home(text, rows)
    ours = re.compile(r"<https://acme\.slack\.com/[^<>|\s]*\|INC-\d+>|<#C0INCIDENT>|<#C0DATATEAM>")
    guest = home.model_copy(update={"member": False})
    outside = home.model_copy(update={"sees": False})
    for shown in (home, guest, outside):
        view = json.loads(json.dumps(home_view(shown)))
        accept_view(view, "home")
        assert len(json.dumps(view, ensure_ascii=False).encode()) < 250_000
        for words in _mrkdwn(view):
            left = ours.sub("", words)
            assert not re.search("[<>]", left)
            assert "```" not in left
            assert not re.search(r":[a-z_]+:", left)
            assert not HIDDEN.search(left)
    accept_view(away_view(), "home")


@pytest.mark.parametrize("services", [0, 99, 450])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_slack_takes_the_modals_of_the_shortcuts_and_reads_no_markup_in_them(
    text: str, services: int
) -> None:
    message = {"user": MAYA, "text": text, "ts": "1.1", "attachments": [{"text": text}] * 3}
    body = {"channel": {"id": "C1"}, "message": message, "team": {"domain": "acme"}}
    origin, words = Origin.of(body), words_of(body, {MAYA: text})
    names = [f"{n} {text}" for n in range(services)]
    incidents = _home(text, 120).open
    for where in (
        where_told("C1", here=True, public=True),
        where_told("C1", here=False, public=False),
    ):
        for view in (
            opening_view(origin, words, names, names[-1] if names else "", where),
            attaching_view(origin, words, incidents, where, "Attach to incident"),
            catching_up_view(origin, incidents),
        ):
            accept_view(json.loads(json.dumps(view)), "modal")
            assert Origin.unpack(view["private_metadata"]) == origin
            assert set(_mrkdwn(view)) <= {where}
            for said in _plain_texts(view):
                assert said["emoji"] is False
                assert not HIDDEN.search(said["text"])
    accept_view(quiet_view(Quiet.parse("22:00-07:00")), "modal")
    accept_view(quiet_view(None), "modal")


@pytest.mark.parametrize("count", [2, 5, 6, 40])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_slack_takes_the_question_which_incident(text: str, count: int) -> None:
    found = [
        _told(text).scene.incident.model_copy(update={"id": f"INC-{number}"})
        for number in range(count)
    ]
    asked = which(found, text)
    accept_blocks(json.loads(json.dumps(list(asked.blocks))), "message")
    assert "<" not in "".join(_mrkdwn(list(asked.blocks)))
    buttons = [b for block in asked.blocks for b in block.get("elements", ())]
    assert len(buttons) == (count if count <= MOST_BUTTONS else 0)
    chosen = [Choice.unpack(b["value"]) for b in buttons]
    assert [choice.incident for choice in chosen if choice] == [
        f"INC-{n}" for n in range(len(buttons))
    ]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_slack_takes_what_is_said_of_a_question_outside_any_incident(text: str) -> None:
    asked = Question(
        id="1.1", by=MAYA, channel="C1", thread_ts="1.1", text=text, service=text or "etl"
    )
    work = list(_work(text))
    tasks = tasks_of(work, "")
    words = looked_words(asked, text, work)
    slots = [
        thinking_slot(asked, tasks),
        thinking_slot(asked, ()),
        outside_slot(asked, words, offer=True),
        outside_slot(asked, worded(text) or "x", offer=False),
        outside_slot(asked, stopped_words(text), offer=False),
    ]
    for slot in slots:
        accept_blocks(json.loads(json.dumps(list(slot.blocks))), "message")
        assert len(read(slot.text)) <= 150
        left = re.sub(r"<https://grafana\.example\.com/[^<>|\s]*\|[^<>|]*>", "", str(slot.blocks))
        assert not re.search("<[@!#h]", left)
    accept_chunks([{"type": "task_update", **task.model_dump()} for task in tasks])
    assert words.endswith("Nothing was changed.")
    assert all(len(line) < 3000 for line in worded(text).split("\n"))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("how", ["running", "again", "waits", "kept", "enough"])
def test_slack_takes_what_is_said_of_a_hint(text: str, how: Any) -> None:
    told_of = _told(text)
    words = hint_taken(told_of, Taken(how=how, incident=told_of.scene.incident))
    accept_blocks(json.loads(json.dumps(list(spoken(words).blocks))), "message")
    assert not re.search("<[@!#]", words)
