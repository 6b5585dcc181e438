"""A heartbeat to any address: a dead man's switch that calls people where it stays away."""

from __future__ import annotations

from typing import Literal

import aiohttp
from pydantic import SecretStr
from yarl import URL

_SECONDS = 8.0


class HeartbeatError(Exception):
    """Nobody took it. Names the host alone, for such an address is a secret as a whole."""


class UrlHeartbeat:
    """One request is one sign of life; any answer of 2xx takes it."""

    def __init__(self, url: SecretStr, method: Literal["GET", "POST"]) -> None:
        self._url = url
        self._method = method

    async def beat(self) -> None:
        """Raises HeartbeatError."""
        host = URL(self._url.get_secret_value()).host
        timeout = aiohttp.ClientTimeout(total=_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as site,
                site.request(
                    self._method, self._url.get_secret_value(), allow_redirects=False
                ) as answer,
            ):
                status = answer.status
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise HeartbeatError(f"{host}: {type(error).__name__}") from None
        if status >= 300:
            raise HeartbeatError(f"{host} answered {status}")
