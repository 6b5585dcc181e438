"""Every message at its largest and its most hostile is one that Slack takes, and only text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from slack_sdk.models.blocks import Block

from bot.domain import events as e
from bot.domain.refusals import CommandRefusedError
from bot.domain.values import Coverage, Diagnosis, FollowUp, Hypothesis
from bot.incidents.leeway import Leeway, Offer
from bot.incidents.undoing import Offered, Restored
from bot.sandbox.slack.checks.blocks import accept_blocks
from bot.sandbox.slack.checks.views import accept_view
from bot.slack import ids
from bot.slack.listeners.refusal import told
from bot.slack.slots import Slot
from bot.slack.views.answer import answer_text
from bot.slack.views.ask import ask_view, question_lead
from bot.slack.views.details import details_view
from bot.slack.views.edit import answer_view, edit_view, waiting_view
from bot.slack.views.edited import read_edit
from bot.slack.views.reject import reject_view
from bot.slack.views.roll_back import begun_words, looking_view, roll_back_view, told_view
from bot.slack.views.text import People, read, spelt
from bot.slack.views.thread import thread
from tests.fakes import story
from tests.slack.scenes import MAYA, alert, begun, books, noted, plan, reported, scene, switch
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
        [handed, call],
        [yes, *story.done(0), halt, halted, call],
        [*landed, failed, moved, call],
        [*landed, failed, moved, wanted, story.undoing(0), back],
    ):
        seen = scene(*asked, *events, work=work, people=people)
        titled = seen.incident.model_copy(update={"title": text, "service": text})
        yield thread(seen.model_copy(update={"incident": titled}))


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
    yield e.QuestionAnswered(
        at=story.at(3), actor=MAYA, id="1.1", channel="C1", thread_ts="1.1", question=text,
        answer=answer_text(scene(_opened(text)).incident, People()),
    )  # fmt: skip


def _opened(text: str) -> e.IncidentEvent:
    return e.DiagnosisReached(at=story.at(2), actor="opsbot", diagnosis=_diagnosis(text))


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
            blocks = list(slot.blocks)
            accept_blocks(json.loads(json.dumps(blocks)), "message")
            for parsed in Block.parse_all(blocks):
                parsed.validate_json()
            assert 0 < len(slot.text) <= 1000
            assert len(read(slot.text)) <= 150
    assert count > 30


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
            for words in [*_mrkdwn(list(slot.blocks)), slot.text]:
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
