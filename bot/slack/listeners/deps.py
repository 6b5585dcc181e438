"""What listeners hand over to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.domain.ports import SlotStore
from bot.incidents.answers import Answers
from bot.incidents.approvals import Approvals
from bot.incidents.brakes import MembersBrakes
from bot.incidents.calling import Takeover
from bot.incidents.intervention import Intervention
from bot.incidents.narrowing import Narrowing
from bot.incidents.question import Question
from bot.incidents.undoing import Undoing
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
    ask: Callable[[Question], Awaitable[str | None]] | None = None
    """Has a model answer; None where none is set."""
    intervention: Intervention = field(kw_only=True)
    undoing: Undoing = field(kw_only=True)
