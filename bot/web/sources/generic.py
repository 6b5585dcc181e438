"""Any sender that can POST JSON: a mapping in the settings says which field is what."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from bot.domain.values import Alert
from bot.policy.conditions import Condition, ConditionError
from bot.policy.inventory import Inventory
from bot.web.delivery import Delivery
from bot.web.errors import BadPayloadError
from bot.web.sources.payload import placed
from bot.web.sources.severity import severity_of

DEFAULT_MAPPING = {
    "title": "body.title",
    "status": "body.status",
    "severity": "body.severity",
    "service": "body.service",
    "environment": "body.environment",
    "fingerprint": "body.fingerprint",
    "starts_at": "body.starts_at",
    "labels": "body.labels",
    "annotations": "body.annotations",
    "url": "body.url",
}
"""Alert field → CEL over `body`; the settings replace single lines."""


class MappingError(Exception):
    """OPSBOT_GENERIC_MAPPING is wrong. Raised at start-up."""


class _Fields(BaseModel):
    title: str = Field(min_length=1, max_length=300)
    status: str = "firing"
    severity: str = ""
    service: str = ""
    environment: str = ""
    fingerprint: str = ""
    starts_at: AwareDatetime | None = None
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    url: str | None = None


def check_mapping(mapping: Mapping[str, str]) -> None:
    """Raises MappingError for a field there isn't or an expression that doesn't parse."""
    for field, text in mapping.items():
        if field not in DEFAULT_MAPPING:
            known = ", ".join(DEFAULT_MAPPING)
            raise MappingError(f"OPSBOT_GENERIC_MAPPING: no field {field!r}; there are {known}")
        try:
            Condition.parse(text)
        except ConditionError as error:
            raise MappingError(f"OPSBOT_GENERIC_MAPPING: {field}: {error}") from error


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no value")


def parser(mapping: Mapping[str, str]) -> Callable[[Delivery, Inventory], list[Alert]]:
    """`parse` under this mapping."""
    return lambda delivery, inventory: parse(delivery, inventory, mapping)


def parse(
    delivery: Delivery, inventory: Inventory, mapping: Mapping[str, str] | None = None
) -> list[Alert]:
    """One alert. A resolved one needs the fingerprint of the firing one, or the same title,
    service and labels. Raises BadPayloadError naming the field."""
    fields_from, now = {**DEFAULT_MAPPING, **(mapping or {})}, delivery.at
    try:
        payload: Any = json.loads(delivery.body, parse_constant=_refuse)
        if not isinstance(payload, dict):
            raise BadPayloadError("body: must be a JSON object")
        found = {
            field: Condition.parse(text).value({"body": payload})
            for field, text in fields_from.items()
        }
    except ValueError as error:
        raise BadPayloadError(f"body: not JSON: {error}") from error
    except RecursionError as error:
        raise BadPayloadError("body: nested too deeply") from error
    try:
        fields = _Fields.model_validate({k: v for k, v in found.items() if v is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        source = fields_from[name]
        raise BadPayloadError(f"{name} (from {source}): {first['msg']}") from error
    if fields.status not in ("firing", "resolved"):
        raise BadPayloadError(f"status: {fields.status!r} is neither 'firing' nor 'resolved'")
    place = placed(inventory, [fields.service], fields.environment)
    identity = json.dumps([fields.title, place["service"], sorted(fields.labels.items())])
    fingerprint = fields.fingerprint or hashlib.sha256(identity.encode()).hexdigest()[:16]
    return [
        Alert(
            fingerprint=f"generic:{fingerprint}",
            source="generic",
            status="firing" if fields.status == "firing" else "resolved",
            title=fields.title,
            labels=fields.labels,
            annotations=fields.annotations,
            starts_at=fields.starts_at or now,
            ends_at=now if fields.status == "resolved" else None,
            url=fields.url,
            severity=severity_of(fields.severity),
            **place,
        )
    ]
