"""Opsgenie's outgoing webhook, which Jira Service Management Operations sends as well."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field, field_validator

from bot.domain.values import Alert
from bot.policy.inventory import Inventory
from bot.web.delivery import Delivery
from bot.web.sources.payload import Id, Milliseconds, moment, placed, read, tagged
from bot.web.sources.severity import severity_of

_FIRES = ("Create",)
_ENDS = ("Close", "Delete")


class _Alert(BaseModel):
    id: Id = Field(alias="alertId")
    message: str = ""
    created_at: Milliseconds = Field(alias="createdAt")
    priority: str = ""
    entity: str = ""
    description: str = ""
    tags: list[str] = []
    details: dict[str, str] = {}

    @field_validator("priority", "entity", "description", "tags", "details", mode="before")
    @classmethod
    def _not_set(cls, value: Any, info: Any) -> Any:
        """Both send null for what an alert doesn't have."""
        return cls.model_fields[info.field_name].default if value is None else value


class _Payload(BaseModel):
    action: str
    alert: _Alert


def opsgenie(delivery: Delivery, inventory: Inventory) -> list[Alert]:
    """As `parse`, of Opsgenie."""
    return parse(delivery, inventory, "opsgenie")


def jsm(delivery: Delivery, inventory: Inventory) -> list[Alert]:
    """As `parse`, of Jira Service Management."""
    return parse(delivery, inventory, "jsm")


def parse(delivery: Delivery, inventory: Inventory, source: str) -> list[Alert]:
    """The alert; none of an action that neither opens nor ends one. Raises BadPayloadError."""
    payload = read(_Payload, delivery.body)
    if payload.action not in (*_FIRES, *_ENDS):
        return []
    alert, over = payload.alert, payload.action in _ENDS
    names = [alert.details.get("service", ""), tagged(alert.tags, "service"), alert.entity]
    environment = alert.details.get("environment") or tagged(alert.tags, "environment")
    return [
        Alert(
            fingerprint=f"{source}:{alert.id}",
            source=source,
            status="resolved" if over else "firing",
            title=alert.message or "Alert",
            labels={"tags": ", ".join(alert.tags), "entity": alert.entity, **alert.details},
            annotations={"description": alert.description} if alert.description else {},
            starts_at=moment(alert.created_at),
            ends_at=delivery.at if over else None,
            severity=severity_of(alert.priority),
            **placed(inventory, names, environment),
        )
    ]
