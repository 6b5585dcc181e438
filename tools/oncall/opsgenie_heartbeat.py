"""Opsgenie's heartbeat, through its own SDK: where it stops, Opsgenie calls people."""

from __future__ import annotations

import asyncio
from typing import Any

from pydantic import SecretStr

from tools.kit.errors import Unavailable

SECONDS = 10


class OpsgenieHeartbeat:
    """Pings one heartbeat. The SDK blocks, so it runs in a thread, and is imported late."""

    def __init__(self, url: str, key: SecretStr, name: str) -> None:
        self.name = name
        self._url = url
        self._key = key
        self._api: Any = None

    async def beat(self) -> None:
        """Raises Unavailable where Opsgenie did not take it."""
        try:
            async with asyncio.timeout(SECONDS + 1):
                await asyncio.to_thread(self._ping)
        except Exception as error:
            # The SDK lets errors of its own, of urllib3 and of tenacity through.
            said = getattr(error, "reason", None) or type(error).__name__
            raise Unavailable(f"opsgenie: heartbeat {self.name!r} was not taken: {said}") from error

    def _ping(self) -> None:
        if self._api is None:
            self._api = self._connect()
        self._api.ping(self.name, _request_timeout=SECONDS)

    def _connect(self) -> Any:
        import opsgenie_sdk  # type: ignore[import-untyped]

        given = opsgenie_sdk.Configuration()
        given.host = self._url
        # Bare: the SDK puts `GenieKey` before it.
        given.api_key["Authorization"] = self._key.get_secret_value()
        # By itself it would still be trying when the next one is due.
        given.retry_enabled = False
        return opsgenie_sdk.HeartbeatApi(opsgenie_sdk.ApiClient(configuration=given))
