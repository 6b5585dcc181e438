"""What listeners hand over to."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.ports import SlotStore
from bot.incidents.answers import Answers
from bot.incidents.approvals import Approvals
from bot.slack.directory import SlackDirectory


@dataclass(frozen=True, slots=True)
class Deps:
    approvals: Approvals
    answers: Answers
    directory: SlackDirectory
    slots: SlotStore
