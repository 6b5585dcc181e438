"""One HTTP API of the sample company on its own loopback port, which can be made to fail."""

from __future__ import annotations

import asyncio
import socket
from typing import Literal

from aiohttp import web
from aiohttp.typedefs import Handler

Failure = Literal["unavailable", "timeout", "refused"]
"""503 to everything; connections that are never answered; no listener at all."""


class Endpoint:
    """Serves one application at a stable address; while failing it behaves as a backend that is."""

    def __init__(self, app: web.Application) -> None:
        self._app = app
        # Outermost, so that a failing system does not even look at credentials.
        app.middlewares.insert(0, self._fail_on_demand)
        self._failure: Failure | None = None
        self._healed = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._site: web.SockSite | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await self._listen()

    async def stop(self) -> None:
        self._healed.set()
        if self._runner is not None:
            await self._runner.cleanup()

    async def fail(self, mode: Failure | None) -> None:
        """Fail in the given way from now on, or be well again (None)."""
        self._healed.set()
        self._healed = asyncio.Event()
        self._failure = mode
        if mode == "refused" and self._site is not None:
            await self._site.stop()
            self._site = None
            assert self._runner is not None
            assert self._runner.server is not None
            await self._runner.server.shutdown(0.1)
        elif mode != "refused" and self._site is None:
            await self._listen()

    async def _listen(self) -> None:
        assert self._runner is not None
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        self._site = web.SockSite(self._runner, listener)
        await self._site.start()

    @web.middleware
    async def _fail_on_demand(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self._failure == "timeout":
            await self._healed.wait()
        if self._failure is not None:
            return web.Response(status=503, text="Service Unavailable")
        return await handler(request)
