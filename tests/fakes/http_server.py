"""An HTTP server on loopback that records what it was asked."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any
    peer: int
    """Port it came from: one for each connection."""


class FakeServer:
    """Records each request, lets the handler answer it, and loses the answer where told to."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.seen: list[Seen] = []
        self.loses: Callable[[Seen], bool] = lambda seen: False
        """Whose answers are lost: the handler has done its work, the connection just ends."""
        self.url = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()

    def writes(self) -> list[Seen]:
        """What was asked with any method but GET."""
        return [seen for seen in self.seen if seen.method != "GET"]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        text = await request.text()
        assert request.transport is not None
        seen = Seen(
            method=request.method,
            path=request.path,
            query={name: request.query.getall(name) for name in request.query},
            headers=dict(request.headers),
            body=json.loads(text) if text else None,
            peer=request.transport.get_extra_info("peername")[1],
        )
        self.seen.append(seen)
        response = await self._handler(request)
        if self.loses(seen):
            request.transport.close()
        return response
