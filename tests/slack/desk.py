"""opsbot's Slack side on real parts: Valkey, Bolt over Socket Mode, the local Slack."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from redis.asyncio import Redis
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.redis_controls import RedisControls
from bot.adapters.redis_ledger import RedisLedger
from bot.adapters.redis_slots import RedisSlots
from bot.domain import events as e
from bot.domain.ports import Rotas
from bot.domain.work import Work
from bot.incidents.answers import Answers
from bot.incidents.approvals import Approvals
from bot.incidents.brakes import Brakes, MembersBrakes
from bot.incidents.calling import Takeover
from bot.incidents.intervention import Intervention
from bot.incidents.narrowing import Narrowing
from bot.incidents.planning import Planner
from bot.incidents.question import Question
from bot.incidents.readings import Readings
from bot.incidents.service import Incidents
from bot.incidents.undoing import Undoing
from bot.policy.inventory import Inventory
from bot.policy.rules import Breaker
from bot.redaction.redactor import Redactor
from bot.sandbox.slack import LocalSlack
from bot.slack import listeners
from bot.slack.app import make_app, make_client
from bot.slack.directory import SlackDirectory
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
        self.ask: Callable[[Question], Awaitable[str | None]] | None = None
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
        self.catalog = Catalog([Look(self.world), PaintLamp(self.world), Brighten(self.world)])
        self.planner = Planner(
            self.catalog,
            Readings(self.catalog, lambda: self.now, Redactor().clean_all),
            rules(),
            house.INVENTORY,
            ("@data-oncall",),
            lambda: self.now,
            self.controls,
        )
        self.narrowing = Narrowing(self.incidents, self.catalog, self.planner, self.directory)
        self.projector = Projector(
            self.ledger,
            self.ledger,
            self.slots,
            Messages(self.client, self.slots),
            self.directory,
            CHANNEL,
            standing_in=standing_in,
            declared=self.narrowing.declared,
        )
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
            self.ask,
            intervention=Intervention(self.incidents, self.directory),
            undoing=Undoing(self.incidents, self.catalog, self.approvals, self.planner.discretion),
        )
        listeners.register(app, deps)
        return app

    async def connect(self) -> None:
        """Listen over Socket Mode and keep Slack as the ledger says."""
        handler = AsyncSocketModeHandler(self.app(), self.slack.app_token)
        await handler.connect_async()  # type: ignore[no-untyped-call]
        self._handlers.append(handler)
        self.project()

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
                await self.ledger.commit(await self.ledger.load(incident), [event])

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
