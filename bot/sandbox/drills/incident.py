"""The incident that every drill disturbs: a job fails, Maya approves whatever is asked."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import aiohttp
from redis.exceptions import RedisError

from bot.adapters import keys
from bot.domain.incident import Incident
from bot.domain.plan_state import PlanStatus
from bot.incidents.cancellation import end_if_cancelled
from bot.sandbox.drills.ground import Ground, until
from bot.sandbox.slack import Person, Refused
from bot.sandbox.slack.workspace import MAYA
from bot.slack import ids

_CLICK_AGAIN = 3.0
"""Seconds after which a click that led to nothing is made again, as a person does."""
_LOOK = 0.1
_STILL = 1.0
"""Seconds of quiet after which it is taken to be over: some sweeps, and a look at the feed."""


async def asked(ground: Ground) -> None:
    """Wait until a fix waits for its approval in Slack, and nothing else is under way."""

    async def waits() -> bool:
        incidents = await ground.incidents()
        fix = incidents[0].fix if incidents else None
        if fix is None or fix.status is not PlanStatus.AWAITING:
            return False
        due = {work.kind for work in await ground.ledger.due(fix.expires_at or fix.touched_at, 9)}
        # That somebody else is called, where nobody decides, is left to its minutes.
        return due - {"call_again"} == {"expire"} and not await ground.redis.exists(keys.FEED)

    await until(waits, "no fix was proposed")


async def approve(ground: Ground) -> None:
    """Maya approves each plan that is asked about, until cancelled. She clicks again where
    nothing came of it: opsbot may have died with the click in its hand."""
    async with Person(ground.slack.page_url, MAYA.id) as maya:
        while True:
            with suppress(Refused, RedisError, OSError, aiohttp.ClientError):
                if any(_waits(incident) for incident in await ground.incidents()):
                    await _click(maya)
                    await asyncio.sleep(_CLICK_AGAIN)
            end_if_cancelled()
            await asyncio.sleep(_LOOK)


def _waits(incident: Incident) -> bool:
    return incident.fix is not None and incident.fix.status is PlanStatus.AWAITING


async def _click(maya: Person) -> None:
    there = [
        message
        for message in await maya.messages()
        if any(button.action_id == ids.APPROVE for button in message.buttons)
    ]
    if there:
        await maya.click(there[-1], ids.APPROVE, stale=True)


async def over(ground: Ground) -> None:
    """Wait until every incident is reported or a person's, and nothing is left to do."""

    async def ended() -> bool:
        incidents = await ground.incidents()
        ends = [incident.reported_at is not None or bool(incident.calls) for incident in incidents]
        return bool(ends) and all(ends) and await ground.quiet()

    await ground.company.alerts.settled()
    while True:
        await until(ended, "it did not end")
        await asyncio.sleep(_STILL)
        with suppress(RedisError, OSError):
            if await ended():
                return
        end_if_cancelled()
