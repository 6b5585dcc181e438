"""One vendor that can be configured: its settings, its check and the tools it brings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from tools.kit.tool import Tool


class IntegrationSettings(BaseModel):
    """Base of an integration's settings, read from `OPSBOT_<INTEGRATION>_<FIELD>`.

    A credential is a SecretStr, so that it stays out of errors and logs. Each field has a
    description: `opsbot doctor` shows it when the field is missing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str


S = TypeVar("S", bound=IntegrationSettings)


class Backend(Protocol):
    """What every vendor's client owes its owner."""

    async def check(self) -> str:
        """Say in one line what answered: `Elasticsearch 8.15 at …`. Raises ToolError."""

    async def close(self) -> None:
        """Let go of connections. Safe to call twice."""


B = TypeVar("B", bound=Backend)


@dataclass(frozen=True, slots=True)
class Integration(Generic[S, B]):
    """One line in INTEGRATIONS. Nothing else of the vendor is known outside its module."""

    name: str
    """As in the settings: `elasticsearch` reads `OPSBOT_ELASTICSEARCH_URL`."""
    capability: str
    """The folder it lives in: `logs`, `metrics`, `jobs`, `tickets`."""
    settings: type[S]
    connect: Callable[[S], B]
    tools: Callable[[B], tuple[Tool[Any], ...]]
    """The tools over a connected backend."""


AnyIntegration = Integration[Any, Any]
