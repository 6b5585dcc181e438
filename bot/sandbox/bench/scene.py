"""opsbot as it runs in earnest, between a scripted model, fixed backends and a local Slack."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

from bot.sandbox.bench.backends import Backends
from bot.sandbox.bench.oracle import Oracle, Part
from bot.sandbox.bench.processor import cpu_seconds
from bot.sandbox.ports import free_http_addr
from bot.sandbox.slack.server import LocalSlack
from bot.sandbox.valkey import EmbeddedValkey
from bot.supervisor import Supervisor

_PATIENCE = 120.0
_UNBOUND = {
    "OPSBOT_BUDGET_TURNS": "100",
    "OPSBOT_BUDGET_TOKENS": "100000000",
    "OPSBOT_BUDGET_INCIDENT": "1000",
    "OPSBOT_BUDGET_DAY": "1000",
}
"""Limits would end a measurement early; they cost the same to check."""


class BenchError(Exception):
    """Nothing could be measured. Says what didn't happen."""


class Scene:
    """All of opsbot's processes, and everything they talk to, on loopback."""

    def __init__(self, folder: Path, oracle: Oracle) -> None:
        self.oracle = oracle
        self.backends = Backends()
        self._folder = folder
        self._valkey = EmbeddedValkey(folder)
        self._slack = LocalSlack()
        self._token = secrets.token_urlsafe(24)
        self._http_addr = free_http_addr("127.0.0.1:0")
        self._stack = AsyncExitStack()
        self._supervisor: Supervisor | None = None
        self.environment: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        """Start everything and wait until it answers. Raises ValkeyError, NotReadyError."""
        try:
            for part in (self._valkey, self._slack, self.oracle.server, self.backends):
                await part.start()
                self._stack.push_async_callback(part.stop)
            self.environment = self._environment()
            self._supervisor = Supervisor(self.environment, quiet=True)
            self._stack.push_async_callback(self._supervisor.stop)
            await self._supervisor.start(f"http://{self._http_addr}/health")
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    def cpu_seconds(self) -> float | None:
        """Of all of opsbot's processes and of Valkey."""
        running = self._supervisor.pids.values() if self._supervisor else ()
        return cpu_seconds([*running, self._valkey.pid])

    async def investigate(self, part: Part) -> None:
        """Raise an alert and wait for the end of its investigation. Raises BenchError."""
        alert = {
            "status": "firing",
            "labels": {"alertname": "BenchLatency", "service": part.service, "severity": "high"},
            "annotations": {"summary": f"{part.service} answers slowly"},
            "startsAt": datetime.now(UTC).isoformat(),
            "fingerprint": secrets.token_hex(8),
        }
        headers = {"Authorization": f"Bearer {self._token}"}
        url = f"http://{self._http_addr}/webhooks/alertmanager"
        body = {"version": "4", "alerts": [alert]}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.post(url, json=body) as taken,
        ):
            if taken.status >= 300:
                raise BenchError(f"the alert was refused: {taken.status} {await taken.text()}")
        try:
            await asyncio.wait_for(part.done.wait(), _PATIENCE)
        except TimeoutError as error:
            asked = len(self.oracle.exchanges(part))
            last = next((x.refused for x in self.oracle.server.requests[::-1] if x.refused), "")
            raise BenchError(
                f"{part.service}: no end within {_PATIENCE:.0f} s; {asked} turns were asked for"
                + (f", the last refusal was {last!r}" if last else "")
            ) from error

    def _environment(self) -> dict[str, str]:
        inventory = files("bot.sandbox.company").joinpath("inventory.yml")
        return {
            "PATH": "",
            "HOME": str(self._folder),
            "REDIS_URL": self._valkey.url,
            "OPSBOT_DATA": str(self._folder),
            "OPSBOT_HTTP_ADDR": self._http_addr,
            "OPSBOT_WEBHOOK_TOKEN": self._token,
            "OPSBOT_INVENTORY": str(inventory),
            "SLACK_API_URL": self._slack.api_url,
            "SLACK_BOT_TOKEN": self._slack.bot_token,
            "SLACK_APP_TOKEN": self._slack.app_token,
            "OPSBOT_SLACK_MODE": "socket",
            "OPSBOT_CHANNEL": "#incidents",
            "OPSBOT_APPROVERS": "@data-oncall",
            "OPSBOT_ONCALL": "@data-oncall",
            **_UNBOUND,
            **self.model_environment(),
            **self.backends.environment(),
        }

    def model_environment(self) -> dict[str, str]:
        """Settings of the scripted model alone."""
        return {"ANTHROPIC_API_KEY": "local", "ANTHROPIC_BASE_URL": self.oracle.server.url}
