"""How Amazon SNS proves itself: its signature over a message, of a topic that is expected."""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.web.certificates import Certificates
from bot.web.delivery import Delivery
from bot.web.errors import BadPayloadError
from bot.web.fetch import Fetch
from bot.web.sources.payload import read
from bot.web.sources.sns import Message, is_certificate

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

log = logging.getLogger(__name__)
_RECENT = timedelta(seconds=3_900)
"""SNS goes on trying for an hour at the most; the rest is for clocks."""


class SnsProof:
    """Whether Amazon signed a delivery, as a message of one of these topics.

    Anybody with an account there can have SNS sign whatever they like and send it here. The topic,
    which is signed as well, says whose it is.
    """

    def __init__(self, topics: Collection[str], fetch: Fetch) -> None:
        self._topics = frozenset(topics)
        self._certificates = Certificates(fetch)

    async def __call__(self, delivery: Delivery) -> bool:
        """Raises CertificateError where there is no telling now."""
        try:
            message = read(Message, delivery.body)
        except BadPayloadError:
            return False
        if message.topic not in self._topics:
            log.warning("sns: %r is not in OPSBOT_WEBHOOK_SNS_TOPICS", message.topic[:300])
            return False
        recent = abs(delivery.at - message.sent_at) <= _RECENT
        if not recent or not is_certificate(message.certificate):
            return False
        certificate = await self._certificates.at(message.certificate, delivery.at)
        return _in_time(certificate, delivery.at) and _signed(message, certificate)


def _in_time(certificate: Certificate, now: datetime) -> bool:
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def _signed(message: Message, certificate: Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    # SHA-1 is what topics use unless told otherwise. Two messages made to collide share their end,
    # and the topic stands there, so what is signed for another topic never holds for this one.
    digest = hashes.SHA1() if message.version == "1" else hashes.SHA256()  # noqa: S303
    try:
        signature = base64.b64decode(message.signature, validate=True)
        key.verify(signature, message.signed(), padding.PKCS1v15(), digest)
    except (binascii.Error, InvalidSignature, ValueError):
        return False
    return True
