"""What people put on an incident's timeline."""

from __future__ import annotations

import pytest

from bot.domain.refusals import CommandRefusedError
from bot.incidents.notes import Notes
from tests.fakes.house import House
from tests.fakes.story import alert

URL = "https://acme.slack.com/archives/C1/p1760000000000100"


@pytest.fixture
async def notes(house: House) -> Notes:
    await house.receive(alert())
    return Notes(house.incidents, house.people)


async def test_a_message_is_noted_once_with_whoever_wrote_it(house: House, notes: Notes) -> None:
    assert await notes.add("INC-1", "U1", " it is dark ", author="U3", url=URL)
    assert not await notes.add("INC-1", "U2", "it is dark", author="U3", url=URL)
    [note] = (await house.incident()).notes
    assert (note.actor, note.author, note.text, note.url) == ("U1", "U3", "it is dark", URL)


async def test_words_of_ones_own_may_be_said_twice(house: House, notes: Notes) -> None:
    for _ in range(2):
        assert await notes.add("INC-1", "U1", "still dark", author="U1")
    assert [note.author for note in (await house.incident()).notes] == ["", ""]


@pytest.mark.parametrize(
    ("incident", "user", "text", "why"),
    [
        ("INC-1", "G1", "x", "only full members"),
        ("INC-1", "U1", " \n", "there is nothing to note"),
        ("INC-9", "U1", "x", "there is no incident 'INC-9'"),
    ],
)
async def test_what_is_refused_notes_nothing(
    house: House, notes: Notes, incident: str, user: str, text: str, why: str
) -> None:
    with pytest.raises(CommandRefusedError, match=why):
        await notes.add(incident, user, text)
    assert (await house.incident()).notes == ()


@pytest.mark.invariant(24)
async def test_a_note_of_somebody_stops_no_call(house: House, notes: Notes) -> None:
    house.brain.plan = None
    await house.work()
    await house.later(11)
    assert len((await house.incident()).calls) == 1
    await notes.add("INC-1", "U3", "I see it as well")
    await house.later(300)
    assert len((await house.incident()).calls) == 2
