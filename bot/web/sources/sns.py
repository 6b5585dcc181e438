"""Amazon SNS, which carries CloudWatch's alarms; subscribed with a password in the address.

Its own signature is over fields of the body, by a certificate that would have to be fetched and
an RSA key that nothing opsbot ships with can check. So SNS logs in instead, as it can over HTTPS.
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, Field, ValidationError

from bot.domain.values import Alert
from bot.policy.inventory import Inventory
from bot.web.delivery import Delivery
from bot.web.errors import BadPayloadError
from bot.web.sources.payload import Id, OffsetTime, placed, read

USER = "opsbot"
_AMAZON = re.compile(r"https://sns\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/\?[!-~]+")


class _Message(BaseModel):
    type: Literal["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"] = Field(
        alias="Type"
    )
    id: Id = Field(alias="MessageId")
    text: str = Field("", alias="Message")
    subscribe_url: str = Field("", alias="SubscribeURL")


class _Dimension(BaseModel):
    name: str
    value: str


class _Trigger(BaseModel):
    metric: str = Field("", alias="MetricName")
    namespace: str = Field("", alias="Namespace")
    dimensions: list[_Dimension] = Field([], alias="Dimensions")


class _Alarm(BaseModel):
    name: str = Field(alias="AlarmName")
    arn: Id = Field(alias="AlarmArn")
    state: str = Field(alias="NewStateValue")
    reason: str = Field("", alias="NewStateReason")
    changed: OffsetTime = Field(alias="StateChangeTime")
    description: str | None = Field(None, alias="AlarmDescription")
    trigger: _Trigger | None = Field(None, alias="Trigger")


def parse(delivery: Delivery, inventory: Inventory) -> list[Alert]:
    """The alarm; none of a message that isn't CloudWatch's. Raises BadPayloadError."""
    message = read(_Message, delivery.body)
    if message.type != "Notification":
        return []
    try:
        alarm = _Alarm.model_validate_json(message.text)
    except ValidationError:
        return []
    status = _status(alarm.state)
    if status is None:
        return []
    labels, dimensions = {"alertname": alarm.name}, {}
    if alarm.trigger:
        labels |= {"namespace": alarm.trigger.namespace, "metric": alarm.trigger.metric}
        dimensions = {each.name: each.value for each in alarm.trigger.dimensions}
    named = [n for n in (*dimensions.values(), alarm.name) if inventory.service_of(n)]
    words = {"reason": alarm.reason, "description": alarm.description or ""}
    return [
        Alert(
            fingerprint=f"sns:{alarm.arn}",
            source="sns",
            status=status,
            title=alarm.name,
            labels=labels | dimensions,
            annotations={name: text for name, text in words.items() if text},
            starts_at=alarm.changed,
            ends_at=alarm.changed if status == "resolved" else None,
            **placed(inventory, named),
        )
    ]


def message_id(delivery: Delivery) -> str:
    """The same when SNS sends a message again."""
    return read(_Message, delivery.body).id


def to_confirm(delivery: Delivery) -> str | None:
    """Where a subscription is confirmed; None of any other message.

    Raises BadPayloadError for an address that isn't Amazon's: it is never fetched.
    """
    message = read(_Message, delivery.body)
    if message.type != "SubscriptionConfirmation":
        return None
    if not _AMAZON.fullmatch(message.subscribe_url):
        raise BadPayloadError(f"SubscribeURL: {message.subscribe_url[:200]!r} is not Amazon's")
    return message.subscribe_url


def _status(state: str) -> Literal["firing", "resolved"] | None:
    if state == "ALARM":
        return "firing"
    return "resolved" if state == "OK" else None
