"""A storm of alerts, and the store dies in it: what was acknowledged is there."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime

import aiohttp

from bot.sandbox.drills.drill import Drill, Told
from bot.sandbox.drills.evidence import Evidence
from bot.sandbox.drills.ground import Ground, until
from bot.sandbox.drills.incident import over
from bot.sandbox.drills.strikes import AWAY_SECONDS

_ALERTS = 150
_AT_ONCE = 20
_TAKEN = 40
"""Alerts that are acknowledged when the store dies."""
_PAUSE = 0.2


class Storm:
    """Sends alerts of one service as Alertmanager does: again, until each is acknowledged."""

    def __init__(self, ground: Ground) -> None:
        self.acknowledged: set[str] = set()
        self.refused = 0
        self._url = f"http://{ground.stage.http_addr}/webhooks/alertmanager"
        self._headers = {"Authorization": f"Bearer {ground.stage.webhook_token}"}
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def blow(self) -> None:
        async with aiohttp.ClientSession(headers=self._headers) as session:
            await asyncio.gather(*(self._deliver(session, n) for n in range(_ALERTS)))

    def kept(self, seen: Evidence) -> str | None:
        """Each alert that was acknowledged is in the incident."""
        there = {name for incident in seen.incidents for name in incident.alerts}
        lost = self.acknowledged - there
        return f"{len(lost)} acknowledged alerts were lost" if lost else None

    async def _deliver(self, session: aiohttp.ClientSession, number: int) -> None:
        fingerprint = f"{number:016x}"
        alert = _alert(number, fingerprint)
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


def _alert(number: int, fingerprint: str) -> dict[str, object]:
    return {
        "status": "firing",
        "labels": {"alertname": f"Storm{number}", "service": "etl", "environment": "production"},
        "annotations": {"summary": f"storm {number}"},
        "startsAt": datetime.now(UTC).isoformat(),
        "fingerprint": fingerprint,
    }


async def storm(ground: Ground, told: Told) -> None:
    blowing = Storm(ground)
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


STORM = Drill("storm", "Valkey dies in a storm of alerts", (2,), storm)
