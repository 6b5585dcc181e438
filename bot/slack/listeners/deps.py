"""What listeners hand over to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.ports import Ledger, SlotStore, Talks
from bot.incidents.answers import Answers
from bot.incidents.approvals import Approvals
from bot.incidents.brakes import MembersBrakes
from bot.incidents.calling import Takeover
from bot.incidents.feedback import Feedback
from bot.incidents.following import Following
from bot.incidents.hints import Hints
from bot.incidents.intervention import Intervention
from bot.incidents.lists import Lists
from bot.incidents.narrowing import Narrowing
from bot.incidents.notes import Notes
from bot.incidents.opening import Opening
from bot.incidents.responders import Responders
from bot.incidents.storms import StormDesk
from bot.incidents.thinking import Thinking
from bot.incidents.undoing import Undoing
from bot.slack.addresses import Addresses
from bot.slack.board import Board
from bot.slack.directory import SlackDirectory
from bot.slack.homes import Homes
from bot.slack.talk.teller import Teller


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """By what they are for; all but the last group is what a person may do."""

    # A plan: its approval, and what people still say after it
    approvals: Approvals
    narrowing: Narrowing
    intervention: Intervention
    undoing: Undoing

    # An incident, or many
    opening: Opening
    responders: Responders
    takeover: Takeover
    notes: Notes
    brakes: MembersBrakes
    storm: StormDesk
    lists: Lists

    # A question and its answer
    answers: Answers
    teller: Teller
    thinking: Thinking
    wake: Callable[[], None]
    """Tells whoever follows questions that there is a new one."""
    talks: Talks
    hints: Hints
    feedback: Feedback

    # What a person keeps for themselves
    following: Following
    homes: Homes

    # Where to look, and where to say it
    ledger: Ledger
    board: Board
    slots: SlotStore
    addresses: Addresses
    directory: SlackDirectory
    client: AsyncWebClient
    channel: str
    """Where incidents open; who can't look in there is told nothing of them by command."""
