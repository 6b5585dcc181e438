"""What can be typed is read in one place, the same for `/opsbot` and `@opsbot`."""

from __future__ import annotations

from typing import Any

import pytest

from bot.slack import grammar as g
from bot.slack.grammar import MisunderstoodError, parse, parse_chat
from tests.slack.scenes import DEV
from tests.slack.test_view_limits import HOSTILE


def read(text: str) -> tuple[str, dict[str, Any]]:
    command = parse(text)
    return type(command).__name__, command.model_dump(exclude={"verb", "rest"}, exclude_none=True)


@pytest.mark.parametrize(
    ("text", "kind", "fields"),
    [
        ("", "Help", {}),
        ("help", "Help", {}),
        ("list", "ShowIncidents", {"which": "latest"}),
        ("List OPEN", "ShowIncidents", {"which": "open"}),
        ("list mine", "ShowIncidents", {"which": "mine"}),
        ("open incidents", "ShowIncidents", {"which": "open"}),
        ("approvals", "ShowApprovals", {}),
        ("open checkout answers 500", "OpenOne",
         {"text": "checkout answers 500", "severity": "sev3"}),
        ("open checkout  is\ndown SEV1", "OpenOne",
         {"text": "checkout is down", "severity": "sev1"}),
        ("status", "ShowStatus", {}),
        ("status inc-12", "ShowStatus", {"incident": "INC-12"}),
        ("catchup INC-12", "CatchUp", {"incident": "INC-12"}),
        ("catch me up", "CatchUp", {}),
        ("catch up INC-3", "CatchUp", {"incident": "INC-3"}),
        ("stop", "Brake", {}),
        ("resume all", "Brake", {}),
        ("sev INC-1 1 customers can't pay", "SetSeverity",
         {"incident": "INC-1", "severity": "sev1", "reason": "customers can't pay"}),
        ("sev 2: it calms down", "SetSeverity", {"severity": "sev2", "reason": "it calms down"}),
        ("severity INC-1 sev-4", "SetSeverity",
         {"incident": "INC-1", "severity": "sev4", "reason": ""}),
        ("sev", "SetSeverity", {"reason": ""}),
        (f"commander INC-1 <@{DEV}|dev>", "GiveCommand", {"incident": "INC-1", "user": DEV}),
        (f"handoff <@{DEV}>", "GiveCommand", {"user": DEV}),
        (f"hand over INC-1 <@{DEV}>", "GiveCommand", {"incident": "INC-1", "user": DEV}),
        ("commander", "GiveCommand", {}),
        ("resolve INC-1: painted &amp; dried", "Resolve",
         {"incident": "INC-1", "summary": "painted & dried"}),
        ("reopen", "Reopen", {"reason": ""}),
        ("approve INC-1", "Decide", {"incident": "INC-1"}),
        ("follow INC-1 dm", "Following", {}),
        ("quiet 22:00-07:00", "Following", {}),
    ],
)  # fmt: skip
def test_what_is_typed_is_a_command(text: str, kind: str, fields: dict[str, Any]) -> None:
    assert read(text) == (kind, fields)
    if text:
        spoken = parse_chat(text)
        assert spoken is not None
        assert spoken == parse(text), "the twin reads the same"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sev INC-1 5 why", "say how severe and why"),
        ("sev INC-1 high", "say how severe and why"),
        ("commander INC-1 @dev", "name one person with @"),
        (f"commander INC-1 <@{DEV}> and <@{DEV}>", "name one person with @"),
        ("list all", "`list open`"),
        ("open sev1", "say what is wrong"),
        ("status INC-1 please now", "takes nothing more"),
        ("approvals mine", "takes nothing more"),
    ],
)
def test_what_does_not_fit_is_answered_with_what_to_type(text: str, words: str) -> None:
    with pytest.raises(MisunderstoodError, match=words):
        parse(text)


@pytest.mark.parametrize("text", ["coffee", "resolved INC-1", "stopped", "sev1", "list-all", "!"])
def test_another_word_is_no_verb(text: str) -> None:
    with pytest.raises(MisunderstoodError):
        parse(text)
    assert parse_chat(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "open incidents on etl?",
        "status of etl",
        "list the suspects",
        "help me understand this",
        "commander is asleep, who else",
        "resolve this how?",
        "catch me up on etl",
        "why is etl failing",
    ],
)
def test_plain_english_that_begins_like_a_command_is_a_question(text: str) -> None:
    assert parse_chat(text) is None


def test_a_stop_is_a_stop_even_as_a_question() -> None:
    assert isinstance(parse_chat("stop it?"), g.Brake)


def test_a_number_that_goes_on_is_no_level() -> None:
    with pytest.raises(MisunderstoodError):
        parse("sev INC-1 12 o'clock")


@pytest.mark.parametrize("verb", sorted(g.VERBS))
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_read_or_refused_in_words(verb: str, text: str) -> None:
    for typed in (f"{verb} {text}", f"{verb} INC-1 {text}", f"{verb} INC-1 1 {text}"):
        try:
            command = parse(typed)
        except MisunderstoodError as error:
            assert len(str(error)) < 200
            continue
        again = parse(command.about("INC-7")) if command.rest else command
        assert command.incident in (None, "INC-1")
        assert type(again) is type(command)


def test_an_incident_s_id_is_read_through_what_is_not_seen() -> None:
    assert parse("status INC-\u200b12").incident == "INC-12"
