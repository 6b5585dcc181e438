"""Slack's side, put together: from what is below it to what runs and what listeners need."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.ports import Clock, Controls, Follows, HomeStore, Ledger, SlotStore, Talks
from bot.incidents.answers import Answers
from bot.incidents.approvals import Approvals
from bot.incidents.brakes import Brakes, MembersBrakes
from bot.incidents.calling import Takeover
from bot.incidents.courier import Courier
from bot.incidents.feedback import Feedback
from bot.incidents.following import Following
from bot.incidents.hints import Hints, Usable
from bot.incidents.inquiry import Inquiry
from bot.incidents.intervention import Intervention
from bot.incidents.lists import Lists
from bot.incidents.narrowing import Narrowing
from bot.incidents.notes import Notes
from bot.incidents.opening import Opening
from bot.incidents.planning import Planner
from bot.incidents.readings import Readings
from bot.incidents.responders import Responders
from bot.incidents.service import Incidents
from bot.incidents.storms import StormDesk, Storms
from bot.incidents.thinking import Questions, Thinking
from bot.incidents.undoing import Undoing
from bot.policy.inventory import Inventory
from bot.redaction.redactor import Redactor
from bot.slack.addresses import Addresses
from bot.slack.board import Board
from bot.slack.directory import SlackDirectory
from bot.slack.feed import Feed
from bot.slack.glance import Glance
from bot.slack.herald import SlackHerald
from bot.slack.homes import Homes
from bot.slack.listeners.deps import Deps
from bot.slack.posting.messages import Messages
from bot.slack.projection.projector import Projector
from bot.slack.talk.teller import Teller
from bot.slack.talk.thinker import Thinker
from bot.slack.voice import Voice
from tools.kit.catalog import Catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What Slack's side is made from."""

    # Slack
    client: AsyncWebClient
    directory: SlackDirectory
    channel: str
    """Id of the channel in which incidents open."""

    # What is kept
    ledger: Ledger
    feed: Feed
    """The same ledger's, as a rule."""
    controls: Controls
    slots: SlotStore
    homes: HomeStore
    follows: Follows
    questions: Questions
    talks: Talks
    trouble: Callable[[], Awaitable[str | None]]
    """Why the ledger can't be written now; None where it can."""

    # What decides and looks
    incidents: Incidents
    planner: Planner
    catalog: Catalog
    readings: Readings
    inventory: Inventory
    redactor: Redactor
    clock: Clock

    # Settings
    approvers: tuple[str, ...]
    """Who may resume what was stopped, and is called where nobody is behind the names."""
    model: bool
    """Whether one is set."""
    usable: Usable
    patience: float
    """Seconds that an answer may take."""


class Runs(Protocol):
    async def run(self) -> None:
        """Work until cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    deps: Deps
    projector: Projector
    thinker: Thinker
    homes: Homes
    courier: Courier
    voice: Voice

    @property
    def runs(self) -> tuple[Runs, ...]:
        """What has to run beside the listeners."""
        return self.projector, self.thinker, self.homes, self.courier, self.voice


def assemble(parts: Parts) -> Assembly:
    """Connects to nothing and starts nothing."""
    messages = Messages(parts.client, parts.slots, parts.redactor)
    shared = _Shared(
        messages=messages,
        addresses=Addresses(parts.slots, messages),
        board=Board(parts.ledger),
        answers=Answers(parts.ledger, parts.clock),
        following=Following(
            parts.follows,
            parts.ledger,
            parts.inventory,
            parts.directory,
            parts.channel,
            parts.clock,
        ),
        narrowing=Narrowing(parts.incidents, parts.catalog, parts.planner, parts.directory),
    )
    teller = _teller(parts, shared)
    thinker = _thinker(parts, shared, teller)
    homes = _homes(parts, shared)
    herald = SlackHerald(messages, parts.slots, parts.directory, parts.channel)
    return Assembly(
        deps=_deps(parts, shared, teller, thinker, homes),
        projector=_projector(parts, shared),
        thinker=thinker,
        homes=homes,
        courier=Courier(parts.follows, parts.ledger, herald, parts.clock),
        voice=Voice(parts.client, parts.channel, parts.trouble),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shared:
    """What more than one of them needs the same of."""

    messages: Messages
    addresses: Addresses
    board: Board
    answers: Answers
    following: Following
    narrowing: Narrowing


def _projector(parts: Parts, shared: _Shared) -> Projector:
    return Projector(
        ledger=parts.ledger,
        feed=parts.feed,
        store=parts.slots,
        messages=shared.messages,
        directory=parts.directory,
        channel=parts.channel,
        pace=parts.incidents.pace,
        standing_in=parts.approvers,
        declared=shared.narrowing.declared,
        oncall=parts.incidents.oncall,
        inventory=parts.inventory,
    )


def _teller(parts: Parts, shared: _Shared) -> Teller:
    return Teller(
        ledger=parts.ledger,
        slots=parts.slots,
        addresses=shared.addresses,
        directory=parts.directory,
        inquiry=Inquiry(parts.readings, parts.catalog, parts.inventory, parts.slots, parts.clock),
        clock=parts.clock,
        channel=parts.channel,
    )


def _thinker(parts: Parts, shared: _Shared, teller: Teller) -> Thinker:
    return Thinker(
        client=parts.client,
        questions=parts.questions,
        ledger=parts.ledger,
        answers=shared.answers,
        teller=teller,
        messages=shared.messages,
        slots=parts.slots,
        directory=parts.directory,
        seconds=parts.patience,
    )


def _homes(parts: Parts, shared: _Shared) -> Homes:
    return Homes(
        client=parts.client,
        feed=parts.feed,
        store=parts.homes,
        slots=parts.slots,
        board=shared.board,
        addresses=shared.addresses,
        directory=parts.directory,
        glance=Glance(parts.directory),
        following=shared.following,
        channel=parts.channel,
        clock=parts.clock,
        redactor=parts.redactor,
    )


def _deps(parts: Parts, shared: _Shared, teller: Teller, thinker: Thinker, homes: Homes) -> Deps:
    incidents, directory = parts.incidents, parts.directory
    approvals, takeover = Approvals(incidents, directory), Takeover(incidents, directory)
    brakes = Brakes(incidents, parts.controls, parts.inventory)
    return Deps(
        approvals=approvals,
        narrowing=shared.narrowing,
        intervention=Intervention(incidents, directory),
        undoing=Undoing(incidents, parts.catalog, approvals, parts.planner.discretion),
        opening=Opening(incidents, parts.inventory, directory),
        responders=Responders(incidents, directory),
        takeover=takeover,
        notes=Notes(incidents, directory),
        brakes=MembersBrakes(brakes, directory, parts.approvers),
        storm=StormDesk(Storms(parts.feed), incidents, takeover),
        lists=Lists(parts.ledger, directory, parts.clock),
        answers=shared.answers,
        teller=teller,
        thinking=Thinking(parts.questions, parts.inventory, model=parts.model),
        wake=thinker.wake,
        talks=parts.talks,
        hints=Hints(incidents, directory, parts.usable),
        feedback=Feedback(parts.ledger, directory, parts.clock),
        following=shared.following,
        homes=homes,
        ledger=parts.ledger,
        board=shared.board,
        slots=parts.slots,
        addresses=shared.addresses,
        directory=directory,
        client=parts.client,
        channel=parts.channel,
    )
