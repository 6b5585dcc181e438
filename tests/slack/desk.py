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
from bot.adapters.redis_follows import RedisFollows
from bot.adapters.redis_homes import RedisHomes
from bot.adapters.redis_ledger import RedisLedger
from bot.adapters.redis_questions import RedisQuestions
from bot.adapters.redis_slots import RedisSlots
from bot.adapters.redis_talks import RedisTalks
from bot.domain import events as e
from bot.domain.ports import Claim, Rotas
from bot.domain.work import Work
from bot.incidents.planning import Planner
from bot.incidents.question import Question
from bot.incidents.readings import Readings
from bot.incidents.service import Incidents
from bot.knowledge.memory import SearchIncidents
from bot.policy.inventory import Inventory
from bot.policy.rules import Breaker
from bot.redaction.redactor import Redactor
from bot.sandbox.slack import LocalSlack
from bot.slack import listeners
from bot.slack.app import make_app, make_client
from bot.slack.assembly import Parts, assemble
from bot.slack.directory import SlackDirectory
from tests.fakes import house, story
from tests.fakes.changes import FewChanges
from tests.fakes.house import rules
from tests.fakes.poll import until
from tests.fakes.tools import Brighten, Look, PaintLamp, World
from tools.changes.tools import QueryChanges
from tools.kit.catalog import Catalog

CHANNEL = "C0INCIDENT"
_ETL = Inventory.model_validate({"services": {"etl": {"environment": "production"}}})
INVENTORY = Inventory(services={**house.INVENTORY.services, **_ETL.services})
Message = dict[str, Any]


async def _no_trouble() -> None:
    return None


class NoQueue:
    """Takes work that no worker of these tests will do."""

    async def enqueue(self, work: Sequence[Work]) -> None:
        """Dropped: the ledger stays the truth."""


class Bench:
    """The worker of these tests: thinks as it is told to, or not at all."""

    def __init__(self) -> None:
        self.questions: RedisQuestions | None = None
        self.think: Callable[[Question], Awaitable[str]] | None = None
        self.asked: list[Question] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, question_id: str) -> None:
        if self.questions is None:
            return
        question = await self.questions.get(question_id)
        if question is None:
            return
        self.asked.append(question)
        if self.think is not None:
            task = asyncio.create_task(self._answer(question, self.think))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answer(
        self, question: Question, think: Callable[[Question], Awaitable[str]]
    ) -> None:
        text = await think(question)
        if self.questions is not None:
            await self.questions.answer(question.id, text)


class Desk:
    """One opsbot at the local Slack. `now` is its clock; a second desk shares nothing but Redis."""

    def __init__(
        self,
        slack: LocalSlack,
        redis: Redis,
        *,
        rotas: Rotas | None = None,
        approvers: tuple[str, ...] = ("@data-oncall",),
        changes: bool = True,
        channel: str = CHANNEL,
        model: bool = False,
        patience: float = 30.0,
    ) -> None:
        """`changes`: whether a source of changes is configured. `model`: whether one is set.
        `patience`: seconds that an answer may take.
        """
        self.slack = slack
        self.redis = redis
        self.now: datetime = story.at(10)
        self.client: AsyncWebClient = make_client(slack.bot_token, slack.api_url)
        self.ledger = RedisLedger(redis, sync_each_commit=False)
        self.slots = RedisSlots(redis)
        self.directory = SlackDirectory(self.client, rotas)
        self.incidents = Incidents(
            self.ledger, NoQueue(), self.clock, oncall=("@data-oncall",), breaker=Breaker()
        )
        self.controls = RedisControls(redis, sync_each_write=False)
        self.world = World()
        self.feed = FewChanges()
        catalog = Catalog(
            [
                Look(self.world),
                PaintLamp(self.world),
                Brighten(self.world),
                SearchIncidents(self.ledger),
                *([QueryChanges(self.feed)] if changes else []),
            ]
        )
        redactor = Redactor()
        readings = Readings(catalog, self.clock, redactor.clean_all)
        self.planner = Planner(
            catalog,
            readings,
            rules(),
            INVENTORY,
            approvers,
            self.clock,
            self.controls,
        )
        self.bench = Bench()
        self.questions = RedisQuestions(redis, self.bench)
        self.bench.questions = self.questions
        parts = Parts(
            client=self.client,
            directory=self.directory,
            channel=channel,
            ledger=self.ledger,
            feed=self.ledger,
            controls=self.controls,
            slots=self.slots,
            homes=RedisHomes(redis),
            follows=RedisFollows(redis),
            questions=self.questions,
            talks=RedisTalks(redis),
            trouble=_no_trouble,
            incidents=self.incidents,
            planner=self.planner,
            catalog=catalog,
            readings=readings,
            inventory=INVENTORY,
            redactor=redactor,
            clock=self.clock,
            approvers=approvers,
            model=model,
            usable=lambda _, text: "runbook" in text,
            patience=patience,
        )
        made = assemble(parts)
        self.deps = made.deps
        self.projector = made.projector
        self.thinker = made.thinker
        self.homes = made.homes
        self.courier = made.courier
        self._tasks: list[asyncio.Task[None]] = []
        self._handlers: list[AsyncSocketModeHandler] = []

    def app(self, signing_secret: str | None = None) -> AsyncApp:
        """A Bolt app with every listener."""
        app = make_app(self.client, signing_secret)
        listeners.register(app, self.deps)
        return app

    def clock(self) -> datetime:
        return self.now

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
        self.think()

    def think(self) -> None:
        """Follow questions until the desk is closed."""
        self._tasks.append(asyncio.create_task(self.thinker.run()))

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
        """Commit these to the ledger one by one; those of one list at once."""
        for part in events:
            together = [part] if isinstance(part, e.Event) else list(part)
            alerts = [x.alert for x in together if isinstance(x, e.IncidentOpened | e.AlertJoined)]
            claims = [Claim(fingerprint=a.fingerprint, starts_at=a.starts_at) for a in alerts]
            before = await self.ledger.load(incident)
            await self.ledger.commit(before, together, claims=claims)

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
