"""Amazon SNS, which carries CloudWatch's alarms: its messages, and what in them is signed."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from bot.domain.values import Alert
from bot.policy.inventory import Inventory
from bot.web.delivery import Delivery
from bot.web.errors import BadPayloadError
from bot.web.sources.payload import Id, OffsetTime, placed, read

USER = "opsbot"
# A region, and not any label: `sns.s3-eu-west-1.amazonaws.com` is somebody's bucket named sns.
_AMAZON = r"https://sns\.[a-z]{2}(?:-[a-z]+)+-[0-9]{1,2}\.amazonaws\.com(?:\.cn)?"
_CERTIFICATE = re.compile(_AMAZON + r"/SimpleNotificationService-[A-Za-z0-9]{1,64}\.pem")
_SUBSCRIBE = re.compile(_AMAZON + r"/\?[!-~]+")
_Line = Annotated[str, Field(pattern=r"^[^\n]*$")]
"""Of one line: what is signed is lines, and no value may pass for another's name."""


class Message(BaseModel):
    """What SNS posts. Nothing of it is true before its signature is."""

    type: Literal["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"] = Field(
        alias="Type"
    )
    id: Annotated[_Line, Id] = Field(alias="MessageId")
    topic: _Line = Field(alias="TopicArn")
    text: str = Field(alias="Message")
    subject: _Line | None = Field(None, alias="Subject")
    sent: _Line = Field(alias="Timestamp")
    sent_at: AwareDatetime = Field(alias="Timestamp")
    subscribe_url: _Line = Field("", alias="SubscribeURL")
    token: _Line = Field("", alias="Token")
    version: Literal["1", "2"] = Field(alias="SignatureVersion")
    signature: str = Field(alias="Signature")
    certificate: str = Field(alias="SigningCertURL")

    def signed(self) -> bytes:
        """What the signature is over, as Amazon documents it."""
        about = {"Message": self.text, "MessageId": self.id}
        if self.type != "Notification":
            about |= {"SubscribeURL": self.subscribe_url}
        elif self.subject is not None:
            about |= {"Subject": self.subject}
        about |= {"Timestamp": self.sent}
        if self.type != "Notification":
            about |= {"Token": self.token}
        about |= {"TopicArn": self.topic, "Type": self.type}
        return "".join(f"{name}\n{value}\n" for name, value in about.items()).encode()


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
    message = read(Message, delivery.body)
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
    return read(Message, delivery.body).id


def to_confirm(delivery: Delivery) -> str | None:
    """Where a subscription is confirmed; None of any other message.

    Raises BadPayloadError for an address that isn't Amazon's: it is never fetched.
    """
    message = read(Message, delivery.body)
    if message.type != "SubscriptionConfirmation":
        return None
    if not _SUBSCRIBE.fullmatch(message.subscribe_url):
        raise BadPayloadError(f"SubscribeURL: {message.subscribe_url[:200]!r} is not Amazon's")
    return message.subscribe_url


def is_certificate(url: str) -> bool:
    """Whether that is Amazon's own place for what SNS signs with. Nothing else is ever fetched."""
    return _CERTIFICATE.fullmatch(url) is not None


def _status(state: str) -> Literal["firing", "resolved"] | None:
    if state == "ALARM":
        return "firing"
    return "resolved" if state == "OK" else None
