"""Settings: the only reader of the environment and of `.env`."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from dotenv import dotenv_values
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)

DEFAULT_HTTP_ADDR = "127.0.0.1:8080"
DEFAULT_MODEL = "claude-sonnet-5-5"
DEFAULT_TRIAGE_MODEL = "claude-haiku-5-5"


class SettingsError(Exception):
    """The settings don't fit together. Says which variable, and where to get it."""


def _names(value: Any) -> Any:
    """`U012, @data-oncall` → its parts."""
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
_WEBHOOK = "OPSBOT_WEBHOOK_"
_TOPIC = re.compile(r"arn:aws(?:-[a-z]+)*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}")
_SECRET = ("TOKEN", "KEY", "SECRET", "PASSWORD", "HEARTBEAT_URL")
"""A variable with one of these words in its name holds a secret."""
_Secrets = Annotated[tuple[SecretStr, ...], BeforeValidator(_names), Field(max_length=2)]
"""One, or two parted by a comma while it is being changed: the new one and the old one."""


class Settings(BaseModel):
    """Everything opsbot is told from outside. An empty variable counts as one not set."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    slack_bot_token: SecretStr | None = Field(None, alias="SLACK_BOT_TOKEN")
    slack_app_token: SecretStr | None = Field(None, alias="SLACK_APP_TOKEN")
    slack_signing_secret: SecretStr | None = Field(None, alias="SLACK_SIGNING_SECRET")
    slack_api_url: str = Field("https://slack.com/api/", alias="SLACK_API_URL")
    slack_mode: Literal["socket", "http"] = Field("socket", alias="OPSBOT_SLACK_MODE")
    channel: str = Field("#incidents", alias="OPSBOT_CHANNEL")
    approvers: Names = Field((), alias="OPSBOT_APPROVERS")
    oncall: Names = Field((), alias="OPSBOT_ONCALL")
    http_addr: str = Field(DEFAULT_HTTP_ADDR, alias="OPSBOT_HTTP_ADDR")
    webhook_token: _Secrets = Field((), alias="OPSBOT_WEBHOOK_TOKEN")
    """Alertmanager's, and any other sender's that posts JSON."""
    webhook_pagerduty: _Secrets = Field((), alias="OPSBOT_WEBHOOK_PAGERDUTY_SECRET")
    webhook_grafana: _Secrets = Field((), alias="OPSBOT_WEBHOOK_GRAFANA_SECRET")
    webhook_opsgenie: _Secrets = Field((), alias="OPSBOT_WEBHOOK_OPSGENIE_SECRET")
    webhook_jsm: _Secrets = Field((), alias="OPSBOT_WEBHOOK_JSM_SECRET")
    webhook_datadog: _Secrets = Field((), alias="OPSBOT_WEBHOOK_DATADOG_SECRET")
    webhook_jira: _Secrets = Field((), alias="OPSBOT_WEBHOOK_JIRA_SECRET")
    webhook_linear: _Secrets = Field((), alias="OPSBOT_WEBHOOK_LINEAR_SECRET")
    webhook_github: _Secrets = Field((), alias="OPSBOT_WEBHOOK_GITHUB_SECRET")
    sns_topics: Names = Field((), alias="OPSBOT_WEBHOOK_SNS_TOPICS")
    """The ARNs of those whose messages are taken."""
    webhook_sns: _Secrets = Field((), alias="OPSBOT_WEBHOOK_SNS_SECRET")
    """In the subscription's address, beside Amazon's signature."""
    generic_mapping: dict[str, str] = Field({}, alias="OPSBOT_GENERIC_MAPPING")
    """Alert field → CEL over `body`, as a JSON object."""
    watchdog_seconds: float = Field(300, alias="OPSBOT_WATCHDOG_SECONDS", ge=30)
    """Longest time between two of Alertmanager's Watchdog alerts."""
    watchdog_expected: bool = Field(False, alias="OPSBOT_WATCHDOG_EXPECTED")
    """Whether its absence is a silence before one ever came."""
    heartbeat_url: SecretStr | None = Field(None, alias="OPSBOT_HEARTBEAT_URL")
    heartbeat_method: Literal["GET", "POST"] = Field("GET", alias="OPSBOT_HEARTBEAT_METHOD")
    heartbeat_seconds: float = Field(60, alias="OPSBOT_HEARTBEAT_SECONDS", ge=1)
    redis_url: SecretStr | None = Field(None, alias="REDIS_URL")
    redis_durability: Literal["checked", "accepted"] = Field(
        "checked", alias="OPSBOT_REDIS_DURABILITY"
    )
    anthropic_api_key: SecretStr | None = Field(None, alias="ANTHROPIC_API_KEY")
    anthropic_base_url: str | None = Field(None, alias="ANTHROPIC_BASE_URL")
    """Without `/v1`."""
    openai_api_key: SecretStr | None = Field(None, alias="OPENAI_API_KEY")
    openai_base_url: str | None = Field(None, alias="OPENAI_BASE_URL")
    """With `/v1`."""
    model: str | None = Field(None, alias="OPSBOT_MODEL")
    triage_model: str | None = Field(None, alias="OPSBOT_TRIAGE_MODEL")
    budget_turns: int = Field(16, alias="OPSBOT_BUDGET_TURNS", ge=2)
    budget_tokens: int = Field(200_000, alias="OPSBOT_BUDGET_TOKENS", ge=1_000)
    budget_minutes: float = Field(10, alias="OPSBOT_BUDGET_MINUTES", gt=0)
    budget_incident: float = Field(2, alias="OPSBOT_BUDGET_INCIDENT", ge=0)
    """US dollars that models may cost for one incident."""
    budget_day: float = Field(20, alias="OPSBOT_BUDGET_DAY", ge=0)
    """US dollars that models may cost in one day, UTC."""
    policy: Path | None = Field(None, alias="OPSBOT_POLICY")
    runbooks: Path | None = Field(None, alias="OPSBOT_RUNBOOKS")
    inventory: Path | None = Field(None, alias="OPSBOT_INVENTORY")
    data: Path = Field(Path(".opsbot"), alias="OPSBOT_DATA")
    read_only: Names = Field((), alias="OPSBOT_READ_ONLY")
    """Integrations whose writing tools are not loaded."""
    audit_key: SecretStr | None = Field(None, alias="OPSBOT_AUDIT_KEY", min_length=16)
    """Signs the ledger's heads; where it is not set, a file in the data folder."""
    pace: Literal["normal", "drill"] = Field("normal", alias="OPSBOT_PACE")
    """How soon what may have died is replaced; `drill` is for drills alone."""
    crash_folder: Path | None = Field(None, alias="OPSBOT_CRASH_FOLDER")
    """Where a drill names the crash points at which a process has to stand still."""
    environment: dict[str, str] = Field({}, repr=False)
    """All variables, for the integrations' own settings."""

    @field_validator("slack_api_url")
    @classmethod
    def _ends_with_slash(cls, value: str) -> str:
        return value if value.endswith("/") else value + "/"

    @field_validator("heartbeat_url")
    @classmethod
    def _is_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().startswith(("http://", "https://")):
            raise ValueError("must begin http:// or https://")
        return value

    @field_validator("sns_topics")
    @classmethod
    def _are_topics(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for topic in value:
            if not _TOPIC.fullmatch(topic):
                raise ValueError(
                    f"{topic!r} is no topic's ARN; write arn:aws:sns:<region>:<account>:<name>"
                )
        return value

    @field_validator("webhook_sns")
    @classmethod
    def _has_topics(cls, value: Any, known: ValidationInfo) -> Any:
        if value and not known.data.get("sns_topics"):
            raise ValueError(
                "is not enough: name the ARNs of the topics that send here, parted by commas, in"
                " OPSBOT_WEBHOOK_SNS_TOPICS; a message is let in by its topic and its signature"
            )
        return value

    @field_validator("generic_mapping", mode="before")
    @classmethod
    def _json(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except json.JSONDecodeError as error:
            raise ValueError(f"not a JSON object: {error}") from error

    @property
    def slack_configured(self) -> bool:
        return any((self.slack_bot_token, self.slack_app_token, self.slack_signing_secret))

    @property
    def chosen_model(self) -> str | None:
        """The model that investigates; None: runbooks alone. Raises SettingsError where a server
        of OpenAI's kind is set up and nothing says which of its models."""
        if self.model:
            return self.model
        if self.anthropic_api_key or self.anthropic_base_url:
            return DEFAULT_MODEL
        if self.openai_api_key or self.openai_base_url:
            raise SettingsError("OPSBOT_MODEL is missing: name a model that OPENAI_BASE_URL has")
        return None

    @property
    def chosen_triage_model(self) -> str | None:
        """For first looks and drafts: a cheap one, where the provider has one we know."""
        chosen = self.chosen_model
        if self.triage_model or chosen is None:
            return self.triage_model if chosen else None
        return DEFAULT_TRIAGE_MODEL if chosen.startswith("claude-") else chosen

    @property
    def http_host_port(self) -> tuple[str, int]:
        """Raises SettingsError where OPSBOT_HTTP_ADDR is not `host:port`."""
        host, _, port = self.http_addr.rpartition(":")
        if not host or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
            raise SettingsError(f"OPSBOT_HTTP_ADDR is {self.http_addr!r}; write it as host:port")
        return host.removeprefix("[").removesuffix("]"), int(port)

    @property
    def webhook_secrets(self) -> dict[str, tuple[str, ...]]:
        """Sender → its secrets. One that has none isn't let in."""
        given = {"alertmanager": self.webhook_token, "generic": self.webhook_token}
        for name in type(self).model_fields:
            if name.startswith("webhook_") and name != "webhook_token":
                given[name.removeprefix("webhook_")] = getattr(self, name)
        return {
            sender: tuple(secret.get_secret_value() for secret in secrets)
            for sender, secrets in given.items()
            if secrets
        }

    @property
    def secrets(self) -> frozenset[str]:
        """Every value among the variables that is a secret."""
        return secrets_of(self.environment)

    def integration(self, name: str) -> dict[str, str]:
        """The fields set for an integration: `OPSBOT_JIRA_URL` of `jira` is `url`."""
        prefix = f"OPSBOT_{name.upper()}_"
        return {
            key.removeprefix(prefix).lower(): value
            for key, value in self.environment.items()
            if key.startswith(prefix)
        }

    def require_slack(self) -> None:
        """Raises SettingsError naming each missing variable of a Slack configuration begun."""
        needed = {
            "SLACK_BOT_TOKEN": (self.slack_bot_token, "OAuth & Permissions, begins with xoxb-"),
            **(
                {
                    "SLACK_APP_TOKEN": (
                        self.slack_app_token,
                        "Basic Information > App-Level Tokens, scope connections:write",
                    )
                }
                if self.slack_mode == "socket"
                else {
                    "SLACK_SIGNING_SECRET": (
                        self.slack_signing_secret,
                        "Basic Information > App Credentials",
                    )
                }
            ),
            "OPSBOT_APPROVERS": (
                self.approvers,
                "user ids or group handles who may approve, e.g. @data-oncall",
            ),
        }
        missing = [f"{name} ({where})" for name, (value, where) in needed.items() if not value]
        if missing:
            raise SettingsError(
                "the Slack configuration is not complete. Missing: " + "; ".join(missing)
            )


def read(environ: Mapping[str, str] | None = None, env_file: Path = Path(".env")) -> Settings:
    """Settings from `.env` and the environment, which wins. Raises SettingsError."""
    given = variables(environ, env_file)
    try:
        return Settings.model_validate({**given, "environment": given})
    except ValidationError as error:
        first = error.errors()[0]
        name = first["loc"][0] if first["loc"] else "the settings"
        raise SettingsError(f"{name}: {first['msg']}") from error


def variables(
    environ: Mapping[str, str] | None = None, env_file: Path = Path(".env")
) -> dict[str, str]:
    """Everything that is set, whether or not it makes sense."""
    file = {k: v for k, v in dotenv_values(env_file).items() if v}
    return {**file, **{k: v for k, v in (os.environ if environ is None else environ).items() if v}}


def secrets_of(environment: Mapping[str, str]) -> frozenset[str]:
    """What is a secret by its variable's name, each of several, and passwords in addresses."""
    found: set[str] = set()
    for name, value in environment.items():
        if name.startswith(_WEBHOOK) and any(word in name for word in _SECRET):
            found.update(_names(value))
        if any(word in name for word in _SECRET) and not name.endswith("_TOKENS"):
            found.add(value)
        for password in re.findall(r"://[^/\s:@]*:([^/\s@]+)@", value):
            found.update((password, unquote(password)))
    return frozenset(found) - {""}
