"""What listeners hand over to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.domain.ports import SlotStore
from bot.incidents.answers import Answers
from bot.incidents.approvals import Approvals
from bot.incidents.brakes import MembersBrakes
from bot.incidents.calling import Takeover
from bot.incidents.following import Following
from bot.incidents.narrowing import Narrowing
from bot.incidents.question import Question
from bot.slack.directory import SlackDirectory


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
    ask: Callable[[Question], Awaitable[str | None]] | None = None
    """Has a model answer; None where none is set."""
