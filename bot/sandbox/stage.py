"""Everything of the sandbox that is not configured otherwise, and opsbot on top of it."""

from __future__ import annotations

import secrets
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.adapters import audit_key
from bot.sandbox.company import Company
from bot.sandbox.running import DataFolder, Running
from bot.sandbox.slack.server import LocalSlack
from bot.sandbox.valkey import EmbeddedValkey
from bot.settings import Settings
from bot.supervisor import Supervisor
from tools.integrations import INTEGRATIONS

APPROVERS = "@data-oncall"


class Stage:
    """Valkey, Slack and a company where the settings name none; then opsbot's processes.

    With the local Slack only the sample company can be changed: a page on this machine must
    never be a way into production, so of any other integration only the reads are loaded.
    """

    def __init__(
        self, settings: Settings, data: Path, *, company: bool, http_addr: str | None = None
    ) -> None:
        """`company`: bring the sample company even where Slack is a real one.

        Raises AlreadyRunningError where the data folder is in use, OSError or AuditKeyError where
        it can't be used.
        """
        self._settings = settings
        self._http_addr = http_addr
        self._folder = DataFolder(data)
        self._folder.hold()
        self._audit_key = audit_key.read_key(settings.audit_key, data, make=True)
        self.valkey = None if settings.redis_url else EmbeddedValkey(data)
        self.slack = None if settings.slack_configured else LocalSlack(keep=data / "slack.jsonl")
        self.company = Company(data / "company") if company or self.slack else None
        known = settings.webhook_secrets.get("alertmanager")
        self.webhook_token = known[0] if known else secrets.token_urlsafe(24)
        self.environment: dict[str, str] = {}
        self.supervisor: Supervisor | None = None

    async def start(
        self, *, quiet: bool = False, log: Path | None = None, opsbot: bool = True
    ) -> None:
        """Start what stands in first. `log`: a file for what opsbot says.

        Raises ValkeyError, OSError, NotReadyError.
        """
        if self.valkey:
            await self.valkey.start()
        if self.slack:
            await self.slack.start()
        if self.company:
            await self.company.start()
        self.environment = self._environment()
        self._folder.note(
            Running(
                redis_url=self.environment["REDIS_URL"],
                http_addr=self.http_addr,
                page_url=self.slack.page_url if self.slack else None,
                inventory=self.environment.get("OPSBOT_INVENTORY"),
            )
        )
        if self.company:
            self.company.alert_to(
                f"http://{self.http_addr}/webhooks/alertmanager", self.webhook_token
            )
        if opsbot:
            self.supervisor = Supervisor(self.environment, quiet=quiet, log=log)
            await self.supervisor.start(f"http://{self.http_addr}/health")

    async def stop(self) -> None:
        if self.supervisor:
            await self.supervisor.stop()
        if self.company:
            await self.company.stop()
        if self.slack:
            await self.slack.stop()
        if self.valkey:
            await self.valkey.stop()
        self._folder.release()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def http_addr(self) -> str:
        return self._http_addr or self._settings.http_addr

    def _environment(self) -> dict[str, str]:
        """What opsbot's processes are told: what was configured, and the rest from here."""
        environment = dict(self._settings.environment) | {
            "OPSBOT_HTTP_ADDR": self.http_addr,
            "OPSBOT_AUDIT_KEY": self._audit_key,
        }
        environment.setdefault("OPSBOT_WEBHOOK_TOKEN", self.webhook_token)
        if self.valkey:
            environment["REDIS_URL"] = self.valkey.url
        if self.company:
            environment |= self.company.environment()
            inventory = files("bot.sandbox.company").joinpath("inventory.yml")
            environment.setdefault("OPSBOT_INVENTORY", str(inventory))
        if self.slack:
            ours = _integrations(self.company.environment() if self.company else {})
            others = _integrations(self._settings.environment) - ours
            environment |= {
                "SLACK_API_URL": self.slack.api_url,
                "SLACK_BOT_TOKEN": self.slack.bot_token,
                "SLACK_APP_TOKEN": self.slack.app_token,
                "OPSBOT_SLACK_MODE": "socket",
                "OPSBOT_CHANNEL": "#incidents",
                "OPSBOT_APPROVERS": APPROVERS,
                "OPSBOT_ONCALL": APPROVERS,
                "OPSBOT_READ_ONLY": ",".join(sorted(others)),
            }
        environment.setdefault("PYTHONUNBUFFERED", "1")
        return environment


def _integrations(environment: dict[str, str]) -> set[str]:
    """Names of the integrations that these variables configure."""
    return {
        integration.name
        for integration in INTEGRATIONS
        if any(key.startswith(f"OPSBOT_{integration.name.upper()}_") for key in environment)
    }
