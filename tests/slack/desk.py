"""opsbot's Slack side on real parts: Valkey, Bolt over Socket Mode, the local Slack."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from redis.asyncio import Redis
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.redis_controls import RedisControls
from bot.adapters.redis_follows import RedisFollows
from bot.adapters.redis_homes import RedisHomes
from bot.adapters.redis_ledger import RedisLedger
from bot.adapters.redis_slots import RedisSlots
from bot.domain import events as e
from bot.domain.ports import Claim, Rotas
from bot.domain.work import Work
from bot.incidents.answers import Answers
from bot.incidents.approvals import Approvals
from bot.incidents.brakes import Brakes, MembersBrakes
from bot.incidents.calling import Takeover
from bot.incidents.courier import Courier
from bot.incidents.following import Following
from bot.incidents.lists import Lists
from bot.incidents.narrowing import Narrowing
from bot.incidents.notes import Notes
from bot.incidents.opening import Opening
from bot.incidents.planning import Planner
from bot.incidents.readings import Readings
from bot.incidents.responders import Responders
from bot.incidents.service import Incidents
from bot.policy.inventory import Inventory
from bot.policy.rules import Breaker
from bot.redaction.redactor import Redactor
from bot.sandbox.slack import LocalSlack
from bot.slack import listeners
from bot.slack.addresses import Addresses
from bot.slack.app import make_app, make_client
from bot.slack.board import Board
from bot.slack.directory import SlackDirectory
from bot.slack.glance import Glance
from bot.slack.herald import SlackHerald
from bot.slack.homes import Homes
from bot.slack.listeners.deps import Deps
from bot.slack.messages import Messages
from bot.slack.projector import Projector
from tests.fakes import house, story
from tests.fakes.house import rules
from tests.fakes.poll import until
from tests.fakes.tools import Brighten, Look, PaintLamp, World
from tools.kit.catalog import Catalog

CHANNEL = "C0INCIDENT"
INVENTORY = Inventory.model_validate({"services": {"etl": {"environment": "production"}}})
Message = dict[str, Any]


class NoQueue:
    """Takes work that no worker of these tests will do."""

    async def enqueue(self, work: Sequence[Work]) -> None:
        """Dropped: the ledger stays the truth."""


class Desk:
    """One opsbot at the local Slack. `now` is its clock; a second desk shares nothing but Redis."""

    def __init__(
        self,
        slack: LocalSlack,
        redis: Redis,
        *,
        rotas: Rotas | None = None,
        standing_in: tuple[str, ...] = (),
    ) -> None:
        self.slack = slack
        self.redis = redis
        self.now: datetime = story.at(10)
        self.client: AsyncWebClient = make_client(slack.bot_token, slack.api_url)
        self.ledger = RedisLedger(redis, sync_each_commit=False)
        self.slots = RedisSlots(redis)
        self.directory = SlackDirectory(self.client, rotas)
        self.incidents = Incidents(
            self.ledger,
            NoQueue(),
            lambda: self.now,
            oncall=("@data-oncall",),
            breaker=Breaker(),
        )
        self.controls = RedisControls(redis, sync_each_write=False)
        brakes = Brakes(self.incidents, self.controls, INVENTORY)
        self.brakes = MembersBrakes(brakes, self.directory, ("@data-oncall",))
        self.approvals = Approvals(self.incidents, self.directory)
        self.world = World()
        catalog = Catalog([Look(self.world), PaintLamp(self.world), Brighten(self.world)])
        self.planner = Planner(
            catalog,
            Readings(catalog, lambda: self.now, Redactor().clean_all),
            rules(),
            house.INVENTORY,
            ("@data-oncall",),
            lambda: self.now,
            self.controls,
        )
        self.narrowing = Narrowing(self.incidents, catalog, self.planner, self.directory)
        self.projector = Projector(
            self.ledger,
            self.ledger,
            self.slots,
            Messages(self.client, self.slots),
            self.directory,
            CHANNEL,
            standing_in=standing_in,
            declared=self.narrowing.declared,
            inventory=INVENTORY,
        )
        follows = RedisFollows(redis)
        self.following = Following(
            follows, self.ledger, INVENTORY, self.directory, CHANNEL, lambda: self.now
        )
        herald = SlackHerald(Messages(self.client, self.slots), self.slots, self.directory, CHANNEL)
        self.courier = Courier(follows, self.ledger, herald, lambda: self.now)
        board = Board(self.ledger)
        addresses = Addresses(self.slots, Messages(self.client, self.slots))
        glance = Glance(self.directory)
        self.homes = Homes(
            self.client,
            self.ledger,
            RedisHomes(redis),
            self.slots,
            board,
            addresses,
            self.directory,
            glance,
            self.following,
            CHANNEL,
            lambda: self.now,
        )
        self.opening = Opening(self.incidents, INVENTORY, self.directory)
        self.given: dict[str, Any] = {
            "notes": Notes(self.incidents, self.directory),
            "homes": self.homes,
            "board": board,
            "addresses": addresses,
        }
        """To the listeners, beside the use cases."""
        self._tasks: list[asyncio.Task[None]] = []
        self._handlers: list[AsyncSocketModeHandler] = []

    def app(self, signing_secret: str | None = None) -> AsyncApp:
        """A Bolt app with every listener."""
        app = make_app(self.client, signing_secret)
        answers = Answers(self.ledger, lambda: self.now)
        takeover = Takeover(self.incidents, self.directory)
        deps = Deps(
            self.approvals,
            self.narrowing,
            answers,
            self.directory,
            self.slots,
            takeover,
            self.brakes,
            self.following,
            responders=Responders(self.incidents, self.directory),
            opening=self.opening,
            lists=Lists(self.ledger, self.directory),
            ledger=self.ledger,
            channel=CHANNEL,
            client=self.client,
            **self.given,
        )
        listeners.register(app, deps)
        return app

    async def connect(self) -> None:
        """Listen over Socket Mode and keep Slack as the ledger says."""
        handler = AsyncSocketModeHandler(self.app(), self.slack.app_token)
        await handler.connect_async()  # type: ignore[no-untyped-call]
        self._handlers.append(handler)
        self.project()
        self._tasks.append(asyncio.create_task(self.homes.run()))

    def project(self) -> None:
        """Run the projector until the desk is closed."""
        self._tasks.append(asyncio.create_task(self.projector.run()))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        for handler in self._handlers:
            await handler.close_async()  # type: ignore[no-untyped-call]

    async def happens(
        self, *events: e.IncidentEvent | Iterable[e.IncidentEvent], incident: str = "INC-1"
    ) -> None:
        """Commit these to the ledger, one by one."""
        for part in events:
            for event in [part] if isinstance(part, e.Event) else list(part):
                claims = []
                if isinstance(event, e.IncidentOpened | e.AlertJoined):
                    name, began = event.alert.fingerprint, event.alert.starts_at
                    claims = [Claim(fingerprint=name, starts_at=began)]
                before = await self.ledger.load(incident)
                await self.ledger.commit(before, [event], claims=claims)

    async def thread(self, incident: str = "INC-1") -> list[Message]:
        """The incident's messages as Slack has them, the card first; empty while there is none."""
        card = (await self.slots.all(incident)).get("card")
        if card is None or not card.ts:
            return []
        answer = await self.client.conversations_replies(
            channel=card.channel, ts=card.ts, limit=200, include_all_metadata=True
        )
        messages: list[Message] = answer["messages"]
        return messages

    async def posted(self, incident: str = "INC-1") -> list[str]:
        """The slots of the messages in its thread, in their order."""
        return [
            m["metadata"]["event_payload"]["slot"]
            for m in await self.thread(incident)
            if "metadata" in m
        ]

    async def settled(self, seconds: float = 20) -> None:
        """Wait until the projector has nothing left to show."""
        await until(self._nothing_to_show, seconds)

    async def _nothing_to_show(self) -> bool:
        return not await self.ledger.changed(10)

    def calls(self, method: str) -> list[float]:
        """When a method was called with success, in Unix seconds."""
        return [c.at for c in self.slack.calls if c.method == method and c.error is None]
