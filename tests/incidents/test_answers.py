"""Which incident a question is about, and which one whoever thinks about it is given."""

from __future__ import annotations

from typing import Any

import pytest

from bot.incidents.answers import Answers
from bot.incidents.question import Question
from tests.fakes.house import House, StoppedClock
from tests.fakes.memory import Memory
from tests.fakes.story import alert


@pytest.fixture
async def house() -> House:
    clock = StoppedClock()
    made = House(Memory(clock), clock=clock)
    await made.receive(alert("fp-1", title="the hall lamp is red"))
    await made.receive(alert("fp-2", title="bells are mute", service="bells", labels={}))
    return made


def question(text: str, **more: Any) -> Question:
    return Question(id="1", by="U1", thread_ts="1", **{"channel": "C1", "text": text, **more})


async def ids(house: House, asked: Question) -> list[str]:
    return [i.id for i in await Answers(house.ledger, house.clock).matches(asked)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("why is the lamp red", ["INC-1"]),
        ("are the bells mtue?", ["INC-2"]),
        ("INC-2", ["INC-2"]),
        ("inc-9?", []),
        ("how is the coffee", []),
        ("what are you doing now?", ["INC-1", "INC-2"]),
        ("who approved it", ["INC-1", "INC-2"]),
    ],
)
async def test_words_find_it_and_words_that_name_nothing_are_about_what_is_open(
    house: House, text: str, found: list[str]
) -> None:
    assert sorted(await ids(house, question(text))) == found


async def test_a_conversation_goes_on_about_its_incident_unless_another_is_named(
    house: House,
) -> None:
    assert await ids(house, question("and why?", talked_of="INC-2")) == ["INC-2"]
    assert await ids(house, question("is the disk full", talked_of="INC-2")) == ["INC-2"]
    assert await ids(house, question("and the lamp?", talked_of="INC-2")) == ["INC-1"]
    assert await ids(house, question("and inc-1?", talked_of="INC-2")) == ["INC-1"]


async def test_nothing_is_looked_up_for_a_chat_that_it_was_not_given(house: House) -> None:
    answers = Answers(house.ledger, house.clock)
    assert await answers.given(question("why is the lamp red")) is None
    told = await answers.given(question("why?", incident="INC-2"))
    assert told is not None
    assert told.id == "INC-2"
    terminal = await answers.given(question("why is the lamp red", channel=""))
    assert terminal is not None
    assert terminal.id == "INC-1"
