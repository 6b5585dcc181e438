"""The HTTP server: webhooks in, acknowledged once durable, and health out."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.domain.crashpoints import crashpoint
from bot.domain.ports import Clock, Inbox
from bot.domain.values import Alert
from bot.policy.inventory import Inventory
from bot.web.errors import BadPayloadError
from bot.web.sources import alertmanager, generic

log = logging.getLogger(__name__)
MOST_BYTES = 1_048_576
Parse = Callable[[bytes, Inventory, dict[str, str], datetime], list[Alert]]
SOURCES: dict[str, Parse] = {"alertmanager": alertmanager.parse, "generic": generic.parse}


class PortInUseError(Exception):
    """Somebody listens there already."""


class WebServer:
    """Takes webhooks. A 2xx means that the alert is on disk.

    Without a token the webhook routes do not exist.
    """

    def __init__(
        self,
        inbox: Inbox,
        inventory: Inventory,
        clock: Clock,
        *,
        token: str | None,
        mapping: dict[str, str],
        healthy: Callable[[], dict[str, Any]],
    ) -> None:
        self._inbox = inbox
        self._inventory = inventory
        self._clock = clock
        self._token = token
        self._mapping = mapping
        self._healthy = healthy
        self.app = web.Application(client_max_size=MOST_BYTES)
        self.app.router.add_get("/health", self._health)
        if token:
            for name, parse in SOURCES.items():
                self.app.router.add_post(f"/webhooks/{name}", self._webhook(parse))

    async def start(self, host: str, port: int) -> web.AppRunner:
        """Listen; `cleanup()` of what it returns ends it. Raises PortInUseError."""
        runner = web.AppRunner(self.app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            await runner.cleanup()
            raise PortInUseError(
                f"can't listen on {host}:{port}: {error.strerror}; set OPSBOT_HTTP_ADDR"
            ) from error
        return runner

    async def _health(self, _: web.Request) -> web.Response:
        state = self._healthy()
        return web.json_response(state, status=200 if state["ok"] else 503)

    def _webhook(self, parse: Parse) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.Response:
            if not self._trusted(request):
                return _answer(401, "send the header `Authorization: Bearer <token>`")
            try:
                body = await request.read()
            except web.HTTPRequestEntityTooLarge:
                return _answer(413, f"body: more than {MOST_BYTES} bytes")
            try:
                alerts = parse(body, self._inventory, self._mapping, self._clock())
            except BadPayloadError as error:
                return _answer(400, str(error))
            crashpoint("W1")
            try:
                await self._inbox.put(alerts)
            except Exception:
                log.exception("the inbox can't be written; the sender has to send again")
                return _answer(503, "not stored, send it again")
            crashpoint("W2")
            return web.json_response({"accepted": len(alerts)}, status=202)

        return handle

    def _trusted(self, request: web.Request) -> bool:
        given = request.headers.getall("Authorization", [])
        if len(given) != 1 or self._token is None:
            return False
        expected = f"Bearer {self._token}"
        return hmac.compare_digest(given[0].encode("utf-8", "replace"), expected.encode())


def _answer(status: int, message: str) -> web.Response:
    return web.json_response({"error": message}, status=status)
