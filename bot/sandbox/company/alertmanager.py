"""The sample company's Alertmanager: fires and resolves alerts, and sends them to one receiver."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.sandbox.company.instant import iso

EXTERNAL_URL = "http://alertmanager.acme.example:9093"
NEVER = "0001-01-01T00:00:00Z"
GROUP_BY = ("alertname", "service")
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0


def fingerprint(labels: Mapping[str, str]) -> str:
    """16 hex digits that stay the same for the same labels, whatever their order."""
    text = "\xff".join(f"{name}\xff{value}" for name, value in sorted(labels.items()))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


@dataclass
class Alert:
    """One alert; moments in seconds since the epoch, `ends_at` once it is resolved."""

    labels: dict[str, str]
    annotations: dict[str, str]
    generator_url: str
    starts_at: float
    ends_at: float | None = None

    def payload(self) -> dict[str, Any]:
        return {
            "status": "firing" if self.ends_at is None else "resolved",
            "labels": self.labels,
            "annotations": self.annotations,
            "startsAt": iso(self.starts_at),
            "endsAt": NEVER if self.ends_at is None else iso(self.ends_at),
            "generatorURL": self.generator_url,
            "fingerprint": fingerprint(self.labels),
        }


@dataclass(frozen=True)
class Delivery:
    """One attempt to notify; `status` is None where the receiver could not be reached."""

    at: float
    group_status: str
    status: int | None


class Alertmanager:
    """Notifies in order; tries again on 5xx and lost connections, never on other refusals."""

    def __init__(self) -> None:
        self.alerts: dict[str, Alert] = {}
        self.deliveries: list[Delivery] = []
        self.external_url = EXTERNAL_URL
        """Where it says that it can be reached."""
        self._receiver: tuple[str, str] | None = None
        self._due: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._sender: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._sender = asyncio.create_task(self._send_all())

    async def stop(self) -> None:
        if self._sender is not None:
            self._sender.cancel()
            with suppress(asyncio.CancelledError):
                await self._sender

    def send_to(self, url: str, token: str) -> None:
        """Notify this receiver from now on, at once of what is firing already."""
        self._receiver = (url, token)
        self.repeat()

    def fire(self, labels: dict[str, str], annotations: dict[str, str], generator: str) -> None:
        """An alert begins; nothing happens where it is firing already."""
        key = fingerprint(labels)
        held = self.alerts.get(key)
        if held is None or held.ends_at is not None:
            self.alerts[key] = Alert(labels, annotations, generator, time.time())
            self._notify(self.alerts[key])

    def resolve(self, labels: dict[str, str]) -> None:
        """An alert ends; nothing happens where it is not firing."""
        held = self.alerts.get(fingerprint(labels))
        if held is not None and held.ends_at is None:
            held.ends_at = time.time()
            self._notify(held)

    def repeat(self) -> None:
        """Send every group that is firing once more, as after the repeat interval."""
        told: set[tuple[str, ...]] = set()
        for alert in self.alerts.values():
            if alert.ends_at is None and _group(alert) not in told:
                told.add(_group(alert))
                self._notify(alert)

    async def settled(self) -> None:
        """Wait until nothing is left to send."""
        await self._due.join()

    def _notify(self, changed: Alert) -> None:
        if self._receiver is None:
            return
        group = [
            alert
            for alert in self.alerts.values()
            if _group(alert) == _group(changed) and (alert.ends_at is None or alert is changed)
        ]
        self._due.put_nowait(_payload(group, self.external_url))

    async def _send_all(self) -> None:
        timeout = aiohttp.ClientTimeout(total=10)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                payload = await self._due.get()
                pause = FIRST_PAUSE
                while not await self._send(session, payload):
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, LONGEST_PAUSE)
                self._due.task_done()

    async def _send(self, session: aiohttp.ClientSession, payload: dict[str, Any]) -> bool:
        assert self._receiver is not None
        url, token = self._receiver
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "User-Agent": "Alertmanager/0.28.1",
        }
        status: int | None = None
        with suppress(aiohttp.ClientError, TimeoutError):
            body = json.dumps(payload)
            async with session.post(url, data=body, headers=headers) as answer:
                status = answer.status
        self.deliveries.append(Delivery(time.time(), payload["status"], status))
        return status is not None and status < 500


def _group(alert: Alert) -> tuple[str, ...]:
    return tuple(alert.labels.get(name, "") for name in GROUP_BY)


def _common(maps: list[dict[str, str]]) -> dict[str, str]:
    return {
        name: value
        for name, value in maps[0].items()
        if all(other.get(name) == value for other in maps)
    }


def _payload(alerts: list[Alert], external_url: str) -> dict[str, Any]:
    labels = {name: alerts[0].labels.get(name, "") for name in GROUP_BY}
    shown = ", ".join(f'{name}="{value}"' for name, value in labels.items())
    return {
        "version": "4",
        "groupKey": f"{{}}:{{{shown}}}",
        "truncatedAlerts": 0,
        "status": "firing" if any(alert.ends_at is None for alert in alerts) else "resolved",
        "receiver": "opsbot",
        "groupLabels": labels,
        "commonLabels": _common([alert.labels for alert in alerts]),
        "commonAnnotations": _common([alert.annotations for alert in alerts]),
        "externalURL": external_url,
        "alerts": [alert.payload() for alert in alerts],
    }
