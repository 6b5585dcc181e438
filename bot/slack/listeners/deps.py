"""What listeners hand over to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.domain.ports import SlotStore
from bot.incidents.answers import Answers
from bot.incidents.approvals import Approvals
from bot.incidents.brakes import MembersBrakes
from bot.incidents.calling import Takeover
from bot.incidents.following import Following
from bot.incidents.narrowing import Narrowing
from bot.incidents.notes import Notes
from bot.incidents.opening import Opening
from bot.incidents.question import Question
from bot.slack.addresses import Addresses
from bot.slack.board import Board
from bot.slack.directory import SlackDirectory
from bot.slack.homes import Homes
from bot.slack.sight import Sight


@dataclass(frozen=True, slots=True)
class Deps:
    approvals: Approvals
    narrowing: Narrowing
    answers: Answers
    directory: SlackDirectory
    slots: SlotStore
    takeover: Takeover
    brakes: MembersBrakes
    following: Following
    opening: Opening = field(kw_only=True)
    notes: Notes = field(kw_only=True)
    homes: Homes = field(kw_only=True)
    board: Board = field(kw_only=True)
    addresses: Addresses = field(kw_only=True)
    sight: Sight = field(kw_only=True)
    channel: str = field(kw_only=True)
    """Id of the channel in which incidents open."""
    ask: Callable[[Question], Awaitable[str | None]] | None = None
    """Has a model answer; None where none is set."""
    catch_up: Callable[[str, str], Awaitable[str]] | None = None
    """What an incident's state is in a few lines, for that user; None: the shortest of answers."""
