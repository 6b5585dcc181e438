"""Alertmanager's webhook, version 4, and the alert that Grafana took over from it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field

from bot.domain.values import Alert
from bot.policy.inventory import Inventory
from bot.web.delivery import Delivery
from bot.web.sources.payload import placed, read
from bot.web.sources.severity import severity_of


class PrometheusAlert(BaseModel):
    """One alert of a group."""

    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    annotations: dict[str, str] = {}
    starts_at: AwareDatetime = Field(alias="startsAt")
    ends_at: AwareDatetime | None = Field(None, alias="endsAt")
    generator_url: str = Field("", alias="generatorURL")
    fingerprint: str = Field(min_length=1, max_length=128)

    def told(self, source: str, inventory: Inventory, url: str = "") -> Alert:
        labels = self.labels
        return Alert(
            fingerprint=f"{source}:{self.fingerprint}",
            source=source,
            status=self.status,
            title=self.annotations.get("summary") or labels.get("alertname", "Alert"),
            labels=labels,
            annotations=self.annotations,
            starts_at=_whole_ms(self.starts_at),
            ends_at=self.ends_at if self.status == "resolved" else None,
            url=url or self.generator_url or None,
            severity=severity_of(labels.get("severity", "")),
            **placed(inventory, [labels.get("service", "")], labels.get("environment", "")),
        )


def _whole_ms(at: datetime) -> datetime:
    """As Alertmanager's API tells the same moment; its webhook tells nanoseconds."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


class _Payload(BaseModel):
    version: Literal["4"]
    alerts: list[PrometheusAlert]


def parse(delivery: Delivery, inventory: Inventory) -> list[Alert]:
    """Each alert of the group on its own; of those that were cut off nothing is said.

    Raises BadPayloadError naming the field.
    """
    payload = read(_Payload, delivery.body)
    return [alert.told("alertmanager", inventory) for alert in payload.alerts]
