"""The brakes as a command finds them: in the configured Redis, or that of a running opsbot."""

from __future__ import annotations

import getpass
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from redis.asyncio import Redis

from bot.adapters import audit_key, store
from bot.adapters.redis_controls import RedisControls
from bot.adapters.redis_ledger import RedisLedger
from bot.adapters.rq_queue import connect_queue
from bot.domain.refusals import CommandRefusedError
from bot.domain.seal import Seal
from bot.incidents.brakes import Brakes, Hand
from bot.incidents.service import Incidents
from bot.policy.inventory import Inventory
from bot.policy.rules import Breaker
from bot.redaction.events import EventCleaner
from bot.redaction.redactor import Redactor
from bot.sandbox.running import find_running
from bot.settings import Settings, SettingsError


@asynccontextmanager
async def open_brakes(settings: Settings, word: str = "") -> AsyncIterator[Brakes]:
    """The brakes for what `word` names.

    Raises SettingsError where there is no Redis, StoreError where it doesn't answer, and for an
    incident, whose every entry is signed, AuditKeyError. All else stops without the key.
    """
    running = None if settings.redis_url else find_running(settings.data)
    if settings.redis_url is None and running is None:
        raise SettingsError(
            f"no opsbot runs in {str(settings.data)!r} and REDIS_URL is not set;"
            " start one with `opsbot up`"
        )
    url = running.redis_url if running else ""
    url = settings.redis_url.get_secret_value() if settings.redis_url else url
    told = Path(running.inventory) if running and running.inventory else None
    inventory = settings.inventory or told
    redis = await store.connect(url)
    queue = connect_queue(url)
    try:
        durable = await store.durability(redis, accepted=settings.redis_durability == "accepted")
        seal = await _seal(settings, redis) if word.upper().startswith("INC-") else None
        clean = EventCleaner(Redactor(settings.secrets))
        ledger = RedisLedger(
            redis, sync_each_commit=durable.sync_each_write, seal=seal, clean=clean
        )
        oncall = settings.oncall or settings.approvers
        incidents = Incidents(ledger, queue, _now, oncall=oncall, breaker=Breaker())
        controls = RedisControls(redis, sync_each_write=durable.sync_each_write, clean=clean)
        known = Inventory.read(inventory) if inventory else Inventory()
        yield Brakes(incidents, controls, known)
    finally:
        queue.close()
        await redis.aclose()


async def _seal(settings: Settings, redis: Redis) -> Seal:
    seal = Seal(audit_key.read_key(settings.audit_key, settings.data, make=False))
    await audit_key.signed_since(redis, seal)
    return seal


async def scope_of(brakes: Brakes, word: str) -> str:
    """Raises CommandRefusedError naming what can be stopped."""
    scope = await brakes.scope(word)
    if scope is None:
        there = ", ".join(brakes.services) or "none, for OPSBOT_INVENTORY is not set"
        raise CommandRefusedError(
            f"{word!r} is no service of the inventory ({there}); name one, an incident or `all`"
        )
    return scope


def hand(reason: str) -> Hand:
    """Whoever is logged in at this terminal."""
    login = getpass.getuser()
    return Hand(by=f"cli:{login}", name=login, reason=reason)


def _now() -> datetime:
    return datetime.now(UTC)
