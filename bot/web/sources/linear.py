"""Linear's webhooks: an issue is an alert until it is completed, cancelled or removed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, Field

from bot.domain.values import Alert
from bot.policy.inventory import Inventory
from bot.web.delivery import Delivery
from bot.web.errors import BadPayloadError
from bot.web.sources.payload import Id, Milliseconds, moment, placed, read, tagged
from bot.web.sources.severity import severity_of

_DONE = ("completed", "canceled")


class _Named(BaseModel):
    name: str = ""


class _State(BaseModel):
    type: str = ""


class _Issue(BaseModel):
    id: Id
    identifier: str = ""
    title: str
    created_at: AwareDatetime = Field(alias="createdAt")
    url: str | None = None
    priority: str = Field("", alias="priorityLabel")
    state: _State = _State()
    labels: list[_Named] = []
    team: _Named | None = None


class _Kind(BaseModel):
    type: str
    action: str
    sent: Milliseconds = Field(alias="webhookTimestamp")


class _Payload(_Kind):
    data: _Issue
    updated_from: dict[str, Any] = Field({}, alias="updatedFrom")


def parse(delivery: Delivery, inventory: Inventory) -> list[Alert]:
    """The issue; none where its state didn't move. Raises BadPayloadError naming the field.

    An issue that is opened again starts anew, when that happened.
    """
    kind = read(_Kind, delivery.body)
    if kind.type != "Issue":
        return []
    payload = read(_Payload, delivery.body)
    issue, when, before = payload.data, moment(payload.sent), payload.updated_from
    if payload.action == "update" and "stateId" not in before:
        return []
    over = payload.action == "remove" or issue.state.type in _DONE
    again = bool(before.get("completedAt") or before.get("canceledAt"))
    labels = [label.name for label in issue.labels]
    names = [tagged(labels, "service"), *labels, issue.team.name if issue.team else ""]
    return [
        Alert(
            fingerprint=f"linear:{issue.id}",
            source="linear",
            status="resolved" if over else "firing",
            title=issue.title,
            labels={"ticket": issue.identifier, "priority": issue.priority},
            starts_at=when if over or again else issue.created_at,
            ends_at=when if over else None,
            url=issue.url,
            severity=severity_of(issue.priority),
            **placed(inventory, names, tagged(labels, "environment")),
        )
    ]


def sent_at(delivery: Delivery) -> datetime | None:
    """When Linear says it sent this; None where the body doesn't say."""
    try:
        return moment(read(_Kind, delivery.body).sent)
    except BadPayloadError:
        return None
