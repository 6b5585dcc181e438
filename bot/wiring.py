"""Composition root: settings to adapters to services; no logic.

Longer than other files on purpose: what is put together is seen in one place.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError
from redis.asyncio import Redis

from bot import files
from bot.adapters import audit_key, store
from bot.adapters.redis_controls import RedisControls
from bot.adapters.redis_follows import RedisFollows
from bot.adapters.redis_homes import RedisHomes
from bot.adapters.redis_inbox import RedisInbox
from bot.adapters.redis_ledger import RedisLedger
from bot.adapters.redis_questions import RedisQuestions
from bot.adapters.redis_slots import RedisSlots
from bot.adapters.redis_spending import RedisSpending
from bot.adapters.rq_queue import RqQueue, connect_queue
from bot.agent.asking import Asking
from bot.agent.brain import Brain
from bot.agent.budget import Budget
from bot.agent.looking import Looking
from bot.agent.model import Model, ModelAwayError
from bot.agent.model_agent import Means, ModelAgent
from bot.agent.runbook_agent import RunbookAgent
from bot.agent.survey import Surveyor
from bot.agent.team import Agents
from bot.agent.writer import CommunicationAgent
from bot.domain.ports import Investigator, Ledger
from bot.domain.seal import Seal
from bot.incidents.books import Books
from bot.incidents.calling import Calling
from bot.incidents.executor import Executor
from bot.incidents.investigation import Investigation
from bot.incidents.jobs import Jobs
from bot.incidents.monitor import Monitor
from bot.incidents.pace import DRILL, NORMAL, Pace
from bot.incidents.planning import Planner
from bot.incidents.preconditions import Preconditions
from bot.incidents.readings import Readings
from bot.incidents.recovery import Recovery
from bot.incidents.rollback import Rollback
from bot.incidents.service import Incidents
from bot.incidents.sweeper import Sweeper
from bot.knowledge.documents import load_documents
from bot.knowledge.folder import load_folder
from bot.knowledge.memory import SearchIncidents
from bot.knowledge.problem import Problem
from bot.knowledge.retrieval import RunbookIndex
from bot.knowledge.runbook import Runbook
from bot.knowledge.search_tool import SearchRunbooks
from bot.policy.inventory import Inventory
from bot.policy.rules import Policy
from bot.redaction.events import EventCleaner
from bot.redaction.redactor import Redactor
from bot.settings import Settings, SettingsError
from tools.integrations import INTEGRATIONS
from tools.kit.catalog import Catalog
from tools.kit.integration import Backend
from tools.kit.tool import Tool
from tools.kit.types import Effect


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is read from files, once, before anything connects."""

    policy: Policy
    inventory: Inventory
    runbooks: tuple[Runbook, ...]
    problems: tuple[Problem, ...]
    index: RunbookIndex


@dataclass(frozen=True, slots=True)
class Core:
    """Everything below Slack and the web."""

    redis: Redis
    ledger: RedisLedger
    inbox: RedisInbox
    slots: RedisSlots
    follows: RedisFollows
    homes: RedisHomes
    queue: RqQueue
    incidents: Incidents
    controls: RedisControls
    jobs: Jobs
    planner: Planner
    catalog: Catalog
    backends: dict[str, Backend]
    questions: RedisQuestions
    redactor: Redactor
    """Knows every secret of the settings, and the audit key."""
    readings: Readings
    looking: Looking
    asking: Asking | None
    """Where this process has a model."""


PACES: dict[str, Pace] = {"normal": NORMAL, "drill": DRILL}


def now() -> datetime:
    return datetime.now(UTC)


def prepare(settings: Settings) -> Prepared:
    """Read policy, inventory and runbooks. Raises PolicyError, InventoryError; a bad runbook is a
    Problem."""
    folder = settings.runbooks or files.bundled_runbooks()
    pin = None if settings.runbooks else files.release()
    runbooks, problems = load_folder(folder, pin)
    return Prepared(
        policy=Policy.read(settings.policy or files.bundled_policy()),
        inventory=Inventory.read(settings.inventory) if settings.inventory else Inventory(),
        runbooks=runbooks,
        problems=problems,
        index=RunbookIndex(load_documents(folder) if folder.is_dir() else ()),
    )


def connect_backends(settings: Settings) -> dict[str, Backend]:
    """The configured integrations' clients. Raises SettingsError naming the variable."""
    backends: dict[str, Backend] = {}
    for integration in INTEGRATIONS:
        given = settings.integration(integration.name)
        if not given:
            continue
        try:
            backends[integration.name] = integration.connect(
                integration.settings.model_validate(given)
            )
        except ValidationError as error:
            first = error.errors()[0]
            field = str(first["loc"][0]).upper() if first["loc"] else ""
            name = f"OPSBOT_{integration.name.upper()}_{field}".rstrip("_")
            raise SettingsError(f"{name}: {first['msg']}") from error
    return backends


def make_catalog(
    settings: Settings, prepared: Prepared, backends: dict[str, Backend], ledger: Ledger
) -> Catalog:
    """Every tool of every configured integration; of a read-only one, its reads alone."""
    tools: list[Tool[Any]] = [SearchRunbooks(prepared.index), SearchIncidents(ledger)]
    for integration in INTEGRATIONS:
        if integration.name not in backends:
            continue
        made: Sequence[Tool[Any]] = integration.tools(backends[integration.name])
        reads_only = integration.name in settings.read_only
        tools += [t for t in made if t.effect is Effect.READ or not reads_only]
    return Catalog(tools)


def declared_catalog(prepared: Prepared) -> Catalog:
    """Every tool there could be, over no backend: to be looked at, never called."""
    tools: list[Tool[Any]] = [SearchRunbooks(prepared.index)]
    for integration in INTEGRATIONS:
        tools += integration.tools(None)
    # Vendors of one capability bring the same tools.
    return Catalog({tool.name: tool for tool in tools}.values())


@dataclass(frozen=True, slots=True)
class Models:
    """The models of the settings."""

    main: Model
    """Investigates, combines what a team found, and answers."""
    triage: Model
    """A cheaper one, for the parts of a wide incident and for drafts; may be the same."""

    async def close(self) -> None:
        await self.main.close()
        await self.triage.close()


def choose_models(settings: Settings) -> Models | None:
    """The models of the settings; None: runbooks alone. Imports their SDK, which takes seconds.

    Raises SettingsError where a model is named and its provider isn't set up.
    """
    name, triage = settings.chosen_model, settings.chosen_triage_model
    if name is None:
        return None
    main = _model(settings, name)
    return Models(main, _model(settings, triage) if triage and triage != name else main)


def _model(settings: Settings, name: str) -> Model:
    from bot.adapters.models import make_model

    try:
        return make_model(
            name,
            anthropic_key=settings.anthropic_api_key,
            anthropic_base_url=settings.anthropic_base_url,
            openai_key=settings.openai_api_key,
            openai_base_url=settings.openai_base_url,
        )
    except ModelAwayError as error:
        raise SettingsError(str(error)) from error


@asynccontextmanager
async def core(
    settings: Settings, prepared: Prepared, models: Models | None = None
) -> AsyncIterator[Core]:
    """Connect, build, and close again. Raises StoreError, SettingsError, CatalogError,
    AuditKeyError.

    `models`: only a process that investigates needs them.
    """
    if settings.redis_url is None:
        raise SettingsError("REDIS_URL is not set; `opsbot up` brings a Valkey of its own")
    url = settings.redis_url.get_secret_value()
    key = audit_key.read_key(settings.audit_key, settings.data, make=True)
    client = await store.connect(url)
    queue = connect_queue(url)
    backends = connect_backends(settings)
    try:
        durable = await store.durability(client, accepted=settings.redis_durability == "accepted")
        await audit_key.begin(client, Seal(key))
        yield _build(settings, prepared, client, queue, durable, backends, models, key)
    finally:
        if models:
            await models.close()
        await asyncio.gather(*(backend.close() for backend in backends.values()))
        await client.aclose()
        queue.close()


def sweeper(core: Core) -> Sweeper:
    """The one that every process but an effect's may run."""
    return Sweeper(core.ledger, core.queue, now, core.incidents.pace)


def _build(
    settings: Settings,
    prepared: Prepared,
    client: Redis,
    queue: RqQueue,
    durable: store.Durability,
    backends: dict[str, Backend],
    models: Models | None,
    key: str,
) -> Core:
    redactor = Redactor(settings.secrets | {key})
    clean = EventCleaner(redactor)
    ledger = RedisLedger(
        client, sync_each_commit=durable.sync_each_write, seal=Seal(key), clean=clean
    )
    catalog = make_catalog(settings, prepared, backends, ledger)
    controls = RedisControls(client, sync_each_write=durable.sync_each_write, clean=clean)
    incidents = Incidents(
        ledger,
        queue,
        now,
        oncall=settings.oncall or settings.approvers,
        breaker=prepared.policy.breaker,
        pace=PACES[settings.pace],
    )
    readings = Readings(catalog, now, redactor.clean_all)
    planner = Planner(
        catalog,
        readings,
        prepared.policy.asking_always() if durable.accepted else prepared.policy,
        prepared.inventory,
        settings.approvers,
        now,
        controls,
    )
    questions = RedisQuestions(client, queue, redactor.clean)
    surveyor = Surveyor(ledger, readings, catalog, prepared.runbooks, prepared.inventory, now)
    runbook_agent = RunbookAgent(surveyor, prepared.inventory)
    investigator: Investigator = runbook_agent
    brain: Brain | None = None
    model_agent: ModelAgent | None = None
    asking: Asking | None = None
    means: Means | None = None
    if models:
        means = Means(
            models.main,
            ledger,
            catalog,
            redactor,
            _budget(settings),
            RedisSpending(client),
            prepared.inventory,
            now,
        )
        model_agent = ModelAgent(means, surveyor)
        asking = Asking(means, readings, questions.stopped)
        brain = Brain(model_agent, runbook_agent, ledger, now)
        investigator = brain
    cheaper = replace(means, model=models.triage) if means and models else None
    writer = CommunicationAgent(cheaper, readings, prepared.inventory)
    scout = ModelAgent(cheaper, surveyor) if cheaper else None
    team = Agents(surveyor, runbook_agent, model_agent, scout, prepared.inventory, brain)
    preconditions = Preconditions(catalog, readings, planner, now)
    return Core(
        redis=client,
        ledger=ledger,
        inbox=RedisInbox(client, sync_each_put=durable.sync_each_write, clean=redactor.clean_all),
        slots=RedisSlots(client),
        follows=RedisFollows(client),
        homes=RedisHomes(client),
        queue=queue,
        incidents=incidents,
        controls=controls,
        jobs=Jobs(
            incidents,
            Investigation(incidents, investigator, team, writer, planner),
            Executor(incidents, catalog, preconditions, planner),
            Rollback(incidents, catalog),
            Recovery(incidents, catalog),
            Monitor(incidents, catalog, readings),
            Books(incidents, catalog, planner),
            Calling(incidents, settings.approvers, prepared.inventory),
        ),
        planner=planner,
        catalog=catalog,
        backends=backends,
        questions=questions,
        redactor=redactor,
        readings=readings,
        looking=Looking(runbook_agent, prepared.inventory, now),
        asking=asking,
    )


def _budget(settings: Settings) -> Budget:
    return Budget(
        turns=settings.budget_turns,
        tokens=settings.budget_tokens,
        minutes=settings.budget_minutes,
        dollars_incident=settings.budget_incident,
        dollars_day=settings.budget_day,
    )
