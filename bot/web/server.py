"""The HTTP server: webhooks in, acknowledged once durable, and health out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from aiohttp import web

from bot.domain.crashpoints import crashpoint
from bot.domain.ports import Clock, Inbox
from bot.policy.inventory import Inventory
from bot.web.certificates import CertificateError
from bot.web.delivery import Delivery
from bot.web.errors import BadPayloadError
from bot.web.fetch import Fetch, fetch
from bot.web.senders import Sender, senders
from bot.web.sns_proof import SnsProof

log = logging.getLogger(__name__)
MOST_BYTES = 1_048_576


class PortInUseError(Exception):
    """Somebody listens there already."""


class WebServer:
    """Takes webhooks. A 2xx means that the alert is on disk.

    The route of a sender without a secret does not exist; nor does that of SNS without a topic.
    """

    def __init__(
        self,
        inbox: Inbox,
        inventory: Inventory,
        clock: Clock,
        *,
        secrets: Mapping[str, Sequence[str]],
        mapping: Mapping[str, str],
        healthy: Callable[[], dict[str, Any]],
        topics: Collection[str] = (),
        fetch: Fetch = fetch,
    ) -> None:
        """`secrets`: of each sender the one that counts, or two while it is being changed.
        `topics`: the ARNs of those that SNS may send of.
        `fetch`: gets what Amazon signs with, and an address that it wants confirmed."""
        self._fetch = fetch
        self._inbox = inbox
        self._inventory = inventory
        self._clock = clock
        self._healthy = healthy
        self.app = web.Application(client_max_size=MOST_BYTES)
        self.app.router.add_get("/health", self._health)
        sns_proof = SnsProof(topics, fetch) if topics else None
        for name, sender in senders(mapping, sns_proof).items():
            known = [secret for secret in secrets.get(name, ()) if secret]
            if known or sender.signature:
                self.app.router.add_post(f"/webhooks/{name}", self._webhook(name, sender, known))

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

    def _webhook(
        self, name: str, sender: Sender, secrets: Sequence[str]
    ) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.Response:
            # What is proved is the bytes that came; unpacked, a few of them could be very many.
            if request.headers.get("Content-Encoding", "identity").lower() != "identity":
                return _answer(415, "body: send it without Content-Encoding")
            try:
                body = await request.read()
            except web.HTTPRequestEntityTooLarge:
                return _answer(413, f"body: more than {MOST_BYTES} bytes")
            delivery = Delivery(body, tuple(request.headers.items()), self._clock())
            try:
                proved = await _proved(sender, delivery, secrets)
            except CertificateError as error:
                log.warning("%s: what it is signed with: %s", name, error)
                return _answer(503, "what it is signed with can't be had now, send it again")
            if not proved:
                log.warning("%s: a webhook that doesn't prove itself was refused", name)
                asks = sender.challenge if secrets else ""
                return _answer(401, sender.asks, {"WWW-Authenticate": asks} if asks else None)
            try:
                confirm = sender.confirms(delivery) if sender.confirms else None
                alerts = sender.parse(delivery, self._inventory)
                once = f"{name}:{sender.once(delivery)}" if sender.once else ""
            except BadPayloadError as error:
                return _answer(400, str(error))
            crashpoint("W1")
            try:
                if confirm:
                    await self._fetch(confirm)
                await self._inbox.put(alerts, once)
            except Exception:
                log.exception("%s: not taken; the sender has to send it again", name)
                return _answer(503, "not stored, send it again")
            crashpoint("W2")
            return web.json_response({"accepted": len(alerts)}, status=202)

        return handle


async def _proved(sender: Sender, delivery: Delivery, secrets: Sequence[str]) -> bool:
    # The secret first: who hasn't got it can't make opsbot fetch anything.
    if (secrets or not sender.signature) and not sender.proof(delivery, secrets):
        return False
    return not sender.signature or await sender.signature(delivery)


def _answer(status: int, message: str, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.json_response({"error": message}, status=status, headers=headers)
