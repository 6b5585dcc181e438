"""How a delivery proves who sent it: pure, over the raw bytes, compared in constant time."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from bot.web.delivery import Delivery

Proof = Callable[[Delivery, Sequence[str]], bool]
"""Whether a delivery was made by somebody who knows one of these secrets."""
SentAt = Callable[[Delivery], datetime | None]


def bearer() -> Proof:
    """`Authorization: Bearer <secret>`."""
    return _fixed(lambda secret: f"Bearer {secret}")


def basic(user: str) -> Proof:
    """`Authorization: Basic`, with this user and the secret for a password."""
    return _fixed(
        lambda secret: f"Basic {base64.b64encode(f'{user}:{secret}'.encode()).decode('ascii')}"
    )


def hmac_hex(header: str, prefix: str = "") -> Proof:
    """The hex HMAC-SHA256 of the body in `header`, after `prefix`."""

    def proves(delivery: Delivery, secrets: Sequence[str]) -> bool:
        given = delivery.header(header)
        right = [prefix + _hmac(secret, delivery.body) for secret in secrets]
        return given is not None and _any_equal([given], right)

    return proves


def hmac_list(header: str, version: str) -> Proof:
    """Signatures `<version>=<hex>` parted by commas, one of which matches; others are ignored."""

    def proves(delivery: Delivery, secrets: Sequence[str]) -> bool:
        given = delivery.header(header)
        right = [f"{version}={_hmac(secret, delivery.body)}" for secret in secrets]
        return given is not None and _any_equal([g.strip() for g in given.split(",")], right)

    return proves


def hmac_timestamped(header: str, stamp: str, within_seconds: float) -> Proof:
    """The hex HMAC-SHA256 of `timestamp:body`, the header `stamp` saying the seconds since the
    epoch, which must be near."""

    def proves(delivery: Delivery, secrets: Sequence[str]) -> bool:
        given, sent = delivery.header(header), delivery.header(stamp)
        if given is None or sent is None or not re.fullmatch(r"[0-9]{1,12}", sent):
            return False
        right = [_hmac(s, sent.encode("ascii") + b":" + delivery.body) for s in secrets]
        age = delivery.at.timestamp() - int(sent)
        return _any_equal([given], right) and abs(age) <= within_seconds

    return proves


def fresh(proof: Proof, sent_at: SentAt, within_seconds: float) -> Proof:
    """As `proof`, and the time that is under its signature must be near."""

    def proves(delivery: Delivery, secrets: Sequence[str]) -> bool:
        # Nothing of the body is read before it is proved.
        if not proof(delivery, secrets):
            return False
        sent = sent_at(delivery)
        return sent is not None and abs((delivery.at - sent).total_seconds()) <= within_seconds

    return proves


def _fixed(says: Callable[[str], str]) -> Proof:
    def proves(delivery: Delivery, secrets: Sequence[str]) -> bool:
        given = delivery.header("Authorization")
        return given is not None and _any_equal([given], [says(secret) for secret in secrets])

    return proves


def _hmac(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def _any_equal(given: Iterable[str], right: Sequence[str]) -> bool:
    """Every pair is compared, so that the time it takes tells nothing."""
    equal = False
    for one in given:
        # Bytes that are no UTF-8 stay what they are: replaced, they could become the secret.
        raw = one.encode("utf-8", "surrogateescape")
        for other in right:
            equal |= hmac.compare_digest(raw, other.encode())
    return equal
