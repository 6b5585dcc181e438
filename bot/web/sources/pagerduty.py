"""PagerDuty's V3 webhooks: one event of an incident each."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel

from bot.domain.values import Alert
from bot.policy.inventory import Inventory
from bot.web.delivery import Delivery
from bot.web.sources.payload import Id, placed, read
from bot.web.sources.severity import severity_of

_FIRES = ("incident.triggered", "incident.reopened")
_ENDS = ("incident.resolved",)


class _Named(BaseModel):
    summary: str = ""


class _Incident(BaseModel):
    id: Id
    title: str
    created_at: AwareDatetime
    html_url: str | None = None
    urgency: Literal["high", "low"] = "high"
    priority: _Named | None = None
    service: _Named | None = None


class _Kind(BaseModel):
    id: Id
    event_type: str


class _AnyPayload(BaseModel):
    event: _Kind


class _Event(_Kind):
    occurred_at: AwareDatetime
    data: _Incident


class _Payload(BaseModel):
    event: _Event


def parse(delivery: Delivery, inventory: Inventory) -> list[Alert]:
    """The incident as an alert; none of an event that neither opens nor ends one.

    An incident that is opened again starts anew, when that happened. Raises BadPayloadError.
    """
    kind = read(_AnyPayload, delivery.body).event.event_type
    if kind not in (*_FIRES, *_ENDS):
        return []
    event = read(_Payload, delivery.body).event
    incident, over = event.data, kind in _ENDS
    priority = incident.priority.summary if incident.priority else ""
    service = incident.service.summary if incident.service else ""
    return [
        Alert(
            fingerprint=f"pagerduty:{incident.id}",
            source="pagerduty",
            status="resolved" if over else "firing",
            title=incident.title or "PagerDuty incident",
            labels={"service": service, "urgency": incident.urgency, "priority": priority},
            starts_at=incident.created_at if kind == "incident.triggered" else event.occurred_at,
            ends_at=event.occurred_at if over else None,
            url=incident.html_url,
            severity=severity_of(priority or incident.urgency),
            **placed(inventory, [service]),
        )
    ]


def event_id(delivery: Delivery) -> str:
    """The event's own id, which is under the signature; `X-Webhook-Id` is not."""
    return read(_AnyPayload, delivery.body).event.id
