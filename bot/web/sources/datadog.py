"""Datadog's webhook integration, with the payload that the README gives to paste there."""

from __future__ import annotations

from pydantic import BaseModel, Field

from bot.domain.values import Alert
from bot.policy.inventory import Inventory
from bot.web.delivery import Delivery
from bot.web.sources.payload import Id, Milliseconds, moment, placed, read, tagged
from bot.web.sources.severity import severity_of


class _Payload(BaseModel):
    cycle: Id
    """`$ALERT_CYCLE_KEY`: the same from trigger to recovery."""
    transition: str = Field(min_length=1)
    """`$ALERT_TRANSITION`: Triggered, Warn, No Data, Re-Triggered, Recovered …"""
    title: str = Field(min_length=1)
    date: Milliseconds | None = None
    """`$DATE`: when this happened."""
    priority: str = ""
    type: str = ""
    tags: str = ""
    scope: str = ""
    text: str = ""
    link: str = ""


def parse(delivery: Delivery, inventory: Inventory) -> list[Alert]:
    """The monitor's alert. Raises BadPayloadError naming the field."""
    payload = read(_Payload, delivery.body)
    over = payload.transition.lower() == "recovered"
    tags = [tag.strip() for part in (payload.tags, payload.scope) for tag in part.split(",")]
    when = moment(payload.date) if payload.date else delivery.at
    return [
        Alert(
            fingerprint=f"datadog:{payload.cycle}",
            source="datadog",
            status="resolved" if over else "firing",
            title=payload.title,
            labels={tag.partition(":")[0]: tag.partition(":")[2] for tag in tags if ":" in tag},
            annotations={"description": payload.text} if payload.text else {},
            starts_at=when,
            ends_at=when if over else None,
            url=payload.link or None,
            severity=severity_of(payload.priority or payload.type),
            **placed(inventory, [tagged(tags, "service")], tagged(tags, "env")),
        )
    ]
