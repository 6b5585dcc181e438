"""Alertmanager's webhook, version 4."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from bot.domain.values import Alert
from bot.policy.inventory import Inventory
from bot.web.errors import BadPayloadError
from bot.web.sources.severity import severity_of


class _Alert(BaseModel):
    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    annotations: dict[str, str] = {}
    starts_at: AwareDatetime = Field(alias="startsAt")
    ends_at: AwareDatetime | None = Field(None, alias="endsAt")
    generator_url: str = Field("", alias="generatorURL")
    fingerprint: str = Field(min_length=1, max_length=128)


class _Payload(BaseModel):
    version: Literal["4"]
    alerts: list[_Alert]


def parse(body: bytes, inventory: Inventory, mapping: dict[str, str], now: datetime) -> list[Alert]:
    """Each alert of the group on its own. Raises BadPayloadError naming the field."""
    try:
        payload = _Payload.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise BadPayloadError(f"{where}: {first['msg']}") from error
    return [_alert(alert, inventory) for alert in payload.alerts]


def _alert(alert: _Alert, inventory: Inventory) -> Alert:
    labels = alert.labels
    service = inventory.service_of(labels.get("service", "")) or labels.get("service", "")
    known = inventory.services.get(service)
    return Alert(
        fingerprint=f"alertmanager:{alert.fingerprint}",
        source="alertmanager",
        status=alert.status,
        title=alert.annotations.get("summary") or labels.get("alertname", "Alert"),
        labels=labels,
        annotations=alert.annotations,
        starts_at=_whole_ms(alert.starts_at),
        ends_at=alert.ends_at if alert.status == "resolved" else None,
        url=alert.generator_url or None,
        severity=severity_of(labels.get("severity", "")),
        service=service,
        environment=labels.get("environment") or (known.environment if known else ""),
    )


def _whole_ms(at: datetime) -> datetime:
    """As Alertmanager's API tells the same moment; its webhook tells nanoseconds."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
