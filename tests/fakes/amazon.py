"""Amazon SNS: signs messages with a key of this test, and has its certificate at an address."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from bot.web.fetch import FetchError
from tests.fakes.story import at

TOPIC = "arn:aws:sns:eu-west-1:123456789012:alarms"
HOST = "https://sns.eu-west-1.amazonaws.com"
CERTIFICATE = f"{HOST}/SimpleNotificationService-0123456789abcdef.pem"
CONFIRM = f"{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37"
# In the order in which Amazon documents them.
FIELDS = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
    ),
}  # fmt: skip
FIELDS["UnsubscribeConfirmation"] = FIELDS["SubscriptionConfirmation"]


@cache
def key(whose: str = "amazon") -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def text(message: Mapping[str, Any]) -> bytes:
    """What is signed of a message."""
    names = (name for name in FIELDS[message["Type"]] if message.get(name) is not None)
    return "".join(f"{name}\n{message[name]}\n" for name in names).encode()


def signed(message: dict[str, Any], whose: str = "amazon") -> dict[str, Any]:
    digest = hashes.SHA1() if message["SignatureVersion"] == "1" else hashes.SHA256()
    signature = key(whose).sign(text(message), padding.PKCS1v15(), digest)
    return {**message, "Signature": base64.b64encode(signature).decode()}


def certificate(
    whose: str = "amazon",
    since: datetime | None = None,
    until: datetime | None = None,
    public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey | None = None,
) -> bytes:
    """Signed by its own key; good for a day around the story's beginning unless told otherwise."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public or key(whose).public_key())
        .serial_number(1)
        .not_valid_before(since or at(-43_200))
        .not_valid_after(until or at(43_200))
        .sign(key(whose), hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


class Amazon:
    """What can be fetched there, and what was."""

    def __init__(self, files: Mapping[str, bytes] | None = None) -> None:
        self.files = {CERTIFICATE: certificate()} if files is None else dict(files)
        self.fetched: list[str] = []

    async def __call__(self, url: str) -> bytes:
        self.fetched.append(url)
        if url not in self.files:
            raise FetchError("404")
        return self.files[url]
