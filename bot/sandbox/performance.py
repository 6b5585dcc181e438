"""Plays one incident on a stage, from the alert to its end, and records it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from bot import wiring
from bot.adapters import keys, store
from bot.adapters.redis_ledger import RedisLedger
from bot.adapters.redis_slots import RedisSlots
from bot.sandbox.audience import Audience, decide, every
from bot.sandbox.plays import Play
from bot.sandbox.record import record
from bot.sandbox.slack.workspace import MAYA
from bot.sandbox.stage import Stage
from bot.slack.app import make_client

_FOR_EVER = 86_400.0


class PlayError(Exception):
    """The play didn't end as it should. Says what was missing."""


async def perform(
    stage: Stage, play: Play, tell: Callable[[str], None], progress: Callable[[str], None]
) -> dict[str, Any]:
    """Break the company, wait for the end, give the record. Raises PlayError."""
    if stage.company is None:
        raise PlayError("there is no sample company on this stage")
    environment = stage.environment
    redis = await store.connect(environment["REDIS_URL"])
    try:
        ledger = RedisLedger(redis, sync_each_commit=False)
        slots = RedisSlots(redis)
        client = make_client(environment["SLACK_BOT_TOKEN"], _api_url(environment))
        audience = Audience(client, slots)
        before = set(await ledger.recent_incidents(1000))
        progress("Breaking the sample company …")
        await play.breaks(stage.company)
        alerted_at = min(alert.starts_at for alert in stage.company.alerts.alerts.values())
        progress("It is broken; the alert is out.")
        incident_id = ""

        async def look() -> None:
            nonlocal incident_id
            new = [i for i in await ledger.recent_incidents(10) if i not in before]
            incident_id = new[-1] if new else ""
            if incident_id:
                await audience.news(incident_id, tell)

        async def over() -> bool:
            if not incident_id or not play.over(await ledger.load(incident_id)):
                return False
            if await redis.zscore(keys.FEED, incident_id) is not None:
                return False
            return int(await redis.xlen(keys.INBOX)) == 0

        person = asyncio.ensure_future(_decider(stage, play))
        patience = _FOR_EVER if play.decider == "person" else play.patience
        try:
            ended = await every(look, over, patience)
        finally:
            person.cancel()
        if person.done() and not person.cancelled() and person.exception():
            raise PlayError(f"nobody could decide: {person.exception()}")
        if not ended:
            raise PlayError(f"it didn't end within {patience:.0f} s")
        await stage.company.alerts.settled()
        await look()
        incident = await ledger.load(incident_id)
        result = record(
            incident,
            await ledger.work(incident_id),
            await audience.thread(incident_id),
            stage.company.effects,
            stage.company.tickets,
            alerted_at,
            wiring.now(),
        )
        others = [i for i in await ledger.recent_incidents(1000) if i not in before]
        wrong = play.wrong(incident)
        if len(others) > 1:
            wrong = f"it became {len(others)} incidents: {', '.join(others)}"
        if wrong:
            raise PlayError(wrong)
        return result
    finally:
        await redis.aclose()


async def _decider(stage: Stage, play: Play) -> None:
    if play.decider in ("approve", "reject") and stage.slack:
        await decide(stage.slack.page_url, play.decider, MAYA.id, play.patience)


def _api_url(environment: dict[str, str]) -> str:
    return environment.get("SLACK_API_URL", "https://slack.com/api/")
