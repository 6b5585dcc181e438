"""A storm of alerts, and the store or whoever serves dies in it: nothing of it is lost."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime

import aiohttp

from bot.domain.storm import MANY
from bot.sandbox.drills.drill import Drill, Told
from bot.sandbox.drills.evidence import Evidence, place
from bot.sandbox.drills.ground import Ground, until
from bot.sandbox.drills.incident import over
from bot.sandbox.drills.strikes import AWAY_SECONDS
from bot.sandbox.drills.verdict import allowed, an_end, messages, once, patience, whole_trail
from bot.slack.views.storm import ROOT

_ALERTS = 150
_AT_ONCE = 20
_TAKEN = 40
"""Alerts that are acknowledged when the store dies."""
_PAUSE = 0.2
_INCIDENTS = 50
_STORM_SECONDS = 12.0
"""A fifth of the minute, so that it is harder on the budgets and not on whoever waits."""


class Storm:
    """Sends alerts as Alertmanager does: again, until each is acknowledged."""

    def __init__(
        self, ground: Ground, alerts: int, *, service: str = "etl", seconds: float = 0
    ) -> None:
        """`service`: of all, or with `{}` for an alert's number. `seconds`: how long it lasts."""
        self.acknowledged: set[str] = set()
        self.refused = 0
        self._url = f"http://{ground.stage.http_addr}/webhooks/alertmanager"
        self._headers = {"Authorization": f"Bearer {ground.stage.webhook_token}"}
        self._alerts = alerts
        self._service = service
        self._pause = seconds / alerts
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def blow(self) -> None:
        async with (
            aiohttp.ClientSession(headers=self._headers) as session,
            asyncio.TaskGroup() as tasks,
        ):
            for number in range(self._alerts):
                tasks.create_task(self._deliver(session, number))
                await asyncio.sleep(self._pause)

    def kept(self, seen: Evidence) -> str | None:
        """Each alert that was acknowledged is in the incident."""
        there = {name for incident in seen.incidents for name in incident.alerts}
        lost = self.acknowledged - there
        return f"{len(lost)} acknowledged alerts were lost" if lost else None

    async def _deliver(self, session: aiohttp.ClientSession, number: int) -> None:
        fingerprint = f"{number:016x}"
        alert = _alert(number, fingerprint, self._service.format(number))
        async with self._room:
            while True:
                with suppress(aiohttp.ClientError, TimeoutError):
                    body = {"version": "4", "alerts": [alert]}
                    async with session.post(self._url, json=body) as answer:
                        if answer.status == 202:
                            self.acknowledged.add(f"alertmanager:{fingerprint}")
                            return
                self.refused += 1
                await asyncio.sleep(_PAUSE)


def _alert(number: int, fingerprint: str, service: str) -> dict[str, object]:
    return {
        "status": "firing",
        "labels": {"alertname": f"Storm{number}", "service": service, "environment": "production"},
        "annotations": {"summary": f"storm {number}"},
        "startsAt": datetime.now(UTC).isoformat(),
        "fingerprint": fingerprint,
    }


async def storm(ground: Ground, told: Told) -> None:
    blowing = Storm(ground, _ALERTS)
    async with asyncio.TaskGroup() as tasks:
        storming = tasks.create_task(blowing.blow())
        await until(lambda: len(blowing.acknowledged) >= _TAKEN, "no alert was taken")
        ground.valkey.kill()
        await asyncio.sleep(AWAY_SECONDS)
        await ground.valkey.start()
        await storming
    await over(ground)
    told.killed = "valkey"
    told.note = f"{len(blowing.acknowledged)} taken, {blowing.refused} refused meanwhile"
    told.rules.append(blowing.kept)


async def at_slacks_rates(ground: Ground, told: Told) -> None:
    """Fifty incidents in the time of a minute made short, and whoever serves dies in it."""
    ground.slack.enforce_rates(True)
    blowing = Storm(ground, _INCIDENTS, service="shop-{}", seconds=_STORM_SECONDS)
    async with asyncio.TaskGroup() as tasks:
        storming = tasks.create_task(blowing.blow())
        await until(
            lambda: len(blowing.acknowledged) >= _INCIDENTS / 2, "half the alerts were not taken"
        )
        ground.kill(ground.opsbot.pids["serve"])
        await storming
    await over(ground)
    told.killed = "serve"
    told.note = f"{len(blowing.acknowledged)} taken, {blowing.refused} refused meanwhile"
    told.rules += [blowing.kept, _one_card]


def _one_card(seen: Evidence) -> str | None:
    """One card for all of them, and a card of its own only for those before it was a storm."""
    roots = [m for m in seen.messages if place(m)[1] == ROOT]
    if len(roots) != 1:
        return f"the storm has {len(roots)} cards"
    if f"{_INCIDENTS} of {_INCIDENTS} incidents open" not in str(roots[0].blocks):
        return f"the storm's card does not tell of {_INCIDENTS} incidents: {roots[0].text!r}"
    own = sum(place(m)[1] == "card" for m in seen.messages)
    if own >= MANY:
        return f"{own} incidents of a storm have a card of their own"
    calls = sum(m.thread_ts == roots[0].ts for m in seen.messages)
    return None if calls else "nobody was called in the storm's thread"


STORM = Drill("storm", "Valkey dies in a storm of alerts", (2,), storm)
RATES = Drill(
    "storm:rates",
    "50 alerts at Slack's own rates: whoever serves is killed",
    (2, 4),
    at_slacks_rates,
    rules=(an_end, once, allowed, messages, whole_trail, patience),
)
