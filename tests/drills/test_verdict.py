"""A verdict finds what it is there to find: each rule against evidence that breaks it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain import events as e
from bot.domain.chain import Flaw
from bot.domain.incident import Incident
from bot.domain.ports import Posted
from bot.incidents.audit import Audited
from bot.sandbox.drills import verdict
from bot.sandbox.drills.evidence import Effect, Evidence
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.traffic import ApiCall
from bot.slack import ids
from tests.fakes.story import (
    ALLOW,
    at,
    decided,
    diagnosed,
    finished,
    opened,
    proposed,
    resolved,
    started,
    undoing,
)

PAINTED = "lamp.set hall.colour: red → green"
BACK = "lamp.set hall.colour: green → red"
STORY = [opened(), diagnosed(), *proposed(), decided(), started(), finished(), resolved()]
REPORTED = e.IncidentReported(at=at(50), actor="opsbot")


def effect(text: str = PAINTED, seconds: float = 12.5) -> Effect:
    return Effect(at(seconds), text)


def message(slot: str, ts: str) -> Message:
    payload = {"incident": "INC-1", "slot": slot}
    metadata = {"event_type": ids.METADATA, "event_payload": payload}
    return Message(channel="C1", ts=ts, user="B1", metadata=metadata)


AUDITED = Audited(incident="INC-1", entries=9, unchained=0, head="3f9a", flaws=())


def evidence(*told: e.IncidentEvent, **changes: Any) -> Evidence:
    """One incident that was painted green and reported, unless told otherwise."""
    events = list(told) or [*STORY, REPORTED]
    given = Evidence(
        effects=[effect()],
        incidents=[Incident.fold("INC-1", [[event] for event in events])],
        decisions={"INC-1": events},
        slots={"INC-1": {"card": posted("1"), "report": posted("2")}},
        messages=[message("card", "1"), message("report", "2")],
        tickets=["[INC-1] the lamp is red"],
        audits=[AUDITED],
    )
    return replace(given, **changes)


def posted(ts: str, status: Any = "posted") -> Posted:
    return Posted(status=status, channel="C1", ts=ts)


def wrong(seen: Evidence) -> list[str]:
    return [said for rule in verdict.ALWAYS if (said := rule(seen))]


def test_a_clean_end_holds() -> None:
    assert wrong(evidence()) == []


def test_a_trail_that_was_tampered_with_does_not_hold() -> None:
    flaw = Flaw(first=3, last=3, what="edited")
    tampered = evidence(audits=[AUDITED.model_copy(update={"flaws": (flaw,)})])
    assert wrong(tampered) == ["audit of INC-1: edited"]


def test_an_undo_is_explained_by_its_rollback() -> None:
    seen = evidence(*STORY, undoing(), REPORTED, effects=[effect(), effect(BACK, 30.5)])
    assert wrong(seen) == []


@pytest.mark.parametrize(
    ("seen", "says"),
    [
        (evidence(effects=[effect(), effect()]), f"2 times: {PAINTED}"),
        (evidence(tickets=["one", "one"]), "2 tickets: one"),
        (evidence(effects=[effect("run.started x")]), "nobody started: run.started x"),
        (evidence(effects=[effect(BACK)]), f"nobody started: {BACK}"),
        (evidence(effects=[effect(seconds=11)]), f"nobody started: {PAINTED}"),
        (
            evidence(*STORY[:4], started(), decided(), finished(), resolved(), REPORTED),
            f"started before it was approved: {PAINTED}",
        ),
        (
            evidence(*(x for x in STORY if x != decided()), REPORTED),
            f"started before it was approved: {PAINTED}",
        ),
        (evidence(*STORY), "INC-1 has no end, and nobody was called"),
        (evidence(incidents=[]), "the alert became 0 incidents"),
        (
            evidence(messages=[message("card", "1"), message("report", "2"), message("card", "3")]),
            "2 threads were opened",
        ),
        (
            evidence(
                messages=[message("card", "1"), message("report", "2"), message("report", "3")]
            ),
            "the message 'report' of INC-1 was posted 2 times",
        ),
        (evidence(messages=[message("card", "1")]), "the message 'report' of INC-1 was lost"),
        (
            evidence(slots={"INC-1": {"card": posted("1"), "report": posted("2", "posting")}}),
            "the message 'report' of INC-1 was lost",
        ),
        (evidence(slots={"INC-1": {"card": posted("1")}}), "the report was never posted"),
        (
            evidence(*STORY[:-2], finished(outcome="unknown"), resolved(), REPORTED),
            "an outcome is unknown, and nobody was called",
        ),
        (
            evidence(*STORY[:-2], started(), finished(), resolved(), REPORTED),
            "step 1 of P1 was started 2 times",
        ),
    ],
)
def test_what_is_broken_is_found(seen: Evidence, says: str) -> None:
    assert says in wrong(seen)


def test_what_policy_allows_by_itself_needs_no_person() -> None:
    story = [opened(), diagnosed(), *proposed(verdict=ALLOW), started(), finished(), resolved()]
    assert wrong(evidence(*story, REPORTED)) == []


def test_a_storms_messages_are_looked_at_as_an_incidents_are() -> None:
    seen = evidence()
    lost = {**seen.slots, "STORM-1": {"storm": posted("9")}}
    assert wrong(replace(seen, slots=lost)) == ["the message 'storm' of STORM-1 was lost"]


def called(method: str, at: float, retry_after: int = 0, channel: str = "C1") -> ApiCall:
    return ApiCall(method, at, {"channel": channel}, None, retry_after)


def test_a_call_before_slack_lets_it_is_found_and_one_after_is_not() -> None:
    early = [called("chat.update", 10, 5), called("chat.update", 14)]
    assert verdict.patience(evidence(calls=early)) == (
        "chat.update was called 0.7 s before Slack had said it may be"
    )
    late = [called("chat.update", 10, 5), called("chat.update", 15)]
    assert verdict.patience(evidence(calls=late)) is None


def test_posts_are_waited_with_in_their_channel_and_everything_else_everywhere() -> None:
    post, edit = "chat.postMessage", "chat.update"
    elsewhere = [called(post, 10, 5), called(post, 11, channel="C2"), called(edit, 11)]
    assert verdict.patience(evidence(calls=elsewhere)) is None
    assert verdict.patience(evidence(calls=[called(edit, 10, 5), called(edit, 11, channel="C2")]))
