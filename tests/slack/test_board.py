"""The open incidents as they are, though each is read once."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain import events as e
from bot.domain.incident import Incident
from bot.slack.board import Board
from tests.fakes import story
from tests.slack.desk import Desk
from tests.slack.scenes import MAYA, opened, resolved


@pytest.fixture
async def board(desk: Desk) -> Board:
    for number in (1, 2, 3):
        await desk.happens(opened(fingerprint=f"fp-{number}"), incident=f"INC-{number}")
    return Board(desk.ledger)


def commanders(incidents: list[Incident]) -> list[str | None]:
    return [incident.commander for incident in incidents]


async def test_what_changed_is_read_again_once_the_board_is_told(desk: Desk, board: Board) -> None:
    assert commanders(await board.look()) == [None, None, None]
    await desk.happens(e.CommandTaken(at=story.at(5), actor=MAYA), incident="INC-2")
    assert commanders(await board.look()) == [None, None, None], "nobody told it"
    board.changed("INC-2")
    assert commanders(await board.look()) == [None, MAYA, None]


async def test_what_is_new_and_what_is_over_needs_no_telling(desk: Desk, board: Board) -> None:
    await board.look()
    await desk.happens(resolved())
    await desk.happens(opened(fingerprint="fp-4"), incident="INC-4")
    assert [i.id for i in await board.look()] == ["INC-2", "INC-3", "INC-4"]
    assert [i.id for i in await board.look(2)] == ["INC-3", "INC-4"]


async def test_a_change_while_it_is_being_read_is_not_lost(
    desk: Desk, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, load = asyncio.Event(), desk.ledger.load

    async def slow(incident: str) -> Incident:
        found = await load(incident)
        read.set()
        await asyncio.sleep(0.05)
        return found

    monkeypatch.setattr(desk.ledger, "load", slow)
    looking = asyncio.create_task(board.look())
    await read.wait()
    monkeypatch.setattr(desk.ledger, "load", load)
    await desk.happens(e.CommandTaken(at=story.at(5), actor=MAYA))
    board.changed("INC-1")
    await looking
    assert commanders(await board.look())[0] == MAYA

    monkeypatch.setattr(desk.ledger, "load", slow)
    board.forget()
    read.clear()
    looking = asyncio.create_task(board.look())
    await read.wait()
    monkeypatch.setattr(desk.ledger, "load", load)
    await desk.happens(e.CommandTaken(at=story.at(6), actor="U0OTHER001"))
    board.forget()
    await looking
    assert commanders(await board.look())[0] == "U0OTHER001"


async def test_one_that_was_tampered_with_hides_no_other(
    desk: Desk, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = desk.ledger.load

    async def tampered(incident: str) -> Incident:
        if incident == "INC-2":
            raise ValueError("this is no event")
        return await load(incident)

    monkeypatch.setattr(desk.ledger, "load", tampered)
    assert [i.id for i in await board.look()] == ["INC-1", "INC-3"]
