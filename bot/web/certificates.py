"""Certificates that senders sign with, fetched once a day at most and kept for a while."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.web.fetch import Fetch, FetchError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_KEPT = 8
_KEPT_FOR = timedelta(days=1)


class CertificateError(Exception):
    """It can't be had now, so nobody can tell who sent this; answered with 503."""


class Certificates:
    """By address, which the caller has checked: whatever is served there is believed."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._kept: dict[str, tuple[Certificate, datetime]] = {}
        self._one_at_a_time = asyncio.Lock()

    async def at(self, url: str, now: datetime) -> Certificate:
        """Raises CertificateError."""
        if found := self._known(url, now):
            return found
        async with self._one_at_a_time:
            # Somebody else may have fetched it in the meantime.
            if found := self._known(url, now):
                return found
            made = await self._load(url)
            self._kept.pop(url, None)
            while len(self._kept) >= _KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[url] = (made, now)
            return made

    def _known(self, url: str, now: datetime) -> Certificate | None:
        certificate, since = self._kept.get(url, (None, now))
        return certificate if now - since < _KEPT_FOR else None

    async def _load(self, url: str) -> Certificate:
        # Here, because it takes long to import and hardly anybody needs it.
        from cryptography.x509 import load_pem_x509_certificate

        try:
            return load_pem_x509_certificate(await self._fetch(url))
        except FetchError as error:
            raise CertificateError(f"{url!r} can't be fetched: {error}") from error
        except ValueError as error:
            raise CertificateError(f"{url!r} holds no certificate") from error
