"""The inventory: which services there are, whose they are and what they rest on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError, field_validator

from tools.kit.types import Frozen

_APART = r"[\s_-]+"


class InventoryError(Exception):
    """The inventory can't be read. Says where and what to do."""


class Service(Frozen):
    """One service as its owners describe it."""

    description: str = ""
    environment: str
    tier: int = 3
    """1 is the most critical."""
    owners: tuple[str, ...] = ()
    """Slack group handles, user ids or rotas."""
    depends_on: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    impact: str = ""
    """What users notice when it is down, in one sentence."""
    sla_minutes: int | None = Field(default=None, ge=1)
    """How long it may be down, as promised to whoever uses it."""

    @field_validator("jobs", "instances", "aliases")
    @classmethod
    def _names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _named(value)


class Inventory(Frozen):
    """Everything a name may refer to. What it doesn't know can't be a target."""

    services: dict[str, Service] = {}

    @field_validator("services")
    @classmethod
    def _names(cls, value: dict[str, Service]) -> dict[str, Service]:
        _named(tuple(value))
        return value

    @classmethod
    def read(cls, path: Path) -> Inventory:
        """Raises InventoryError naming the file and the field."""
        try:
            raw: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
            return cls.model_validate(raw or {})
        except (OSError, UnicodeDecodeError) as error:
            raise InventoryError(f"inventory {str(path)!r} can't be read: {error}") from error
        except yaml.YAMLError as error:
            raise InventoryError(f"inventory {str(path)!r} is not YAML: {error}") from error
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the file"
            raise InventoryError(f"inventory {str(path)!r}: {where}: {first['msg']}") from error

    def service_of(self, name: str) -> str | None:
        """The service that `name` is, or of which it is a job, an instance or an alias."""
        if name in self.services:
            return name
        for service, entry in self.services.items():
            if name in (*entry.jobs, *entry.instances, *entry.aliases):
                return service
        return None

    def named_in(self, text: str) -> str | None:
        """The service that a sentence names first, in any of its names: `is the orders queue ok?`
        is about `orders-queue`."""
        found = [
            (at.start(), -len(name), service)
            for service, entry in self.services.items()
            for name in (service, *entry.jobs, *entry.instances, *entry.aliases)
            if (at := re.search(_as_said(name), text, re.IGNORECASE))
        ]
        return min(found)[2] if found else None

    def owners_of(self, name: str) -> tuple[str, ...]:
        service = self.service_of(name)
        return self.services[service].owners if service else ()


def _as_said(name: str) -> str:
    """A pattern of it on its own, its words apart by whatever people put between them."""
    words = _APART.join(map(re.escape, re.split(_APART, name)))
    return rf"(?<![\w-]){words}(?![\w-])"


def _named(names: tuple[str, ...]) -> tuple[str, ...]:
    """An empty name or a pattern would make anything a known target."""
    for name in names:
        if not name.strip() or "*" in name:
            raise ValueError(f"{name!r} names nothing: write each name out")
    return names
