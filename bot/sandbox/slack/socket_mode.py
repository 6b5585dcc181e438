"""Socket Mode: connections of the app, envelopes to them, and their acknowledgements."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from bot.sandbox.slack.errors import NoAnswer, NoAppConnected
from bot.sandbox.slack.messages import Json

_log = logging.getLogger(__name__)

MOST_CONNECTIONS = 10
MOST_WAITING = 1_000
"""Events that wait for an app; beyond that the newest are dropped, as no desk needs more."""


class ConnectionLost(Exception):
    """The connection closed before it acknowledged."""


@dataclass(frozen=True)
class Ack:
    """An app's acknowledgement: what it sent along, and after how many seconds."""

    payload: Json
    seconds: float


@dataclass(eq=False)
class _Connection:
    socket: web.WebSocketResponse
    transport: asyncio.WriteTransport | None
    waiting: dict[str, asyncio.Future[Json]] = field(default_factory=dict)


class SocketMode:
    """Gives each envelope to one connection, and each event again until it is acknowledged.

    `ack_seconds` is how long an app has; `retry_after` are the seconds before each further
    try of an event that was not acknowledged (Slack: at once, after 1 and after 5 minutes).
    """

    def __init__(
        self,
        app_id: str,
        *,
        ack_seconds: float = 3.0,
        retry_after: tuple[float, ...] = (0, 60, 300),
    ) -> None:
        self._app_id = app_id
        self.ack_seconds = ack_seconds
        self.retry_after = retry_after
        self.watchers: list[Callable[[int], None]] = []
        self._tickets: set[str] = set()
        self._connections: list[_Connection] = []
        self._turn = 0
        self._arrived = asyncio.Event()
        self._deliveries: set[asyncio.Task[None]] = set()

    @property
    def connections(self) -> int:
        """How many connections apps hold right now."""
        return len(self._connections)

    async def delivered(self) -> None:
        """Returns once every event so far is acknowledged or given up."""
        await asyncio.gather(*self._deliveries, return_exceptions=True)

    def new_ticket(self) -> str:
        """A secret that opens one connection."""
        ticket = secrets.token_urlsafe(24)
        self._tickets.add(ticket)
        return ticket

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Holds one app's connection until it ends."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=404, text="This address was used or never given out.")
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(heartbeat=30)
        await socket.prepare(request)
        if len(self._connections) >= MOST_CONNECTIONS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        connection = _Connection(socket, _abortable(request))
        self._connections.append(connection)
        self._counted()
        try:
            await socket.send_json(
                {
                    "type": "hello",
                    "num_connections": len(self._connections),
                    "connection_info": {"app_id": self._app_id},
                    "debug_info": {"host": "local", "approximate_connection_time": 18_060},
                }
            )
            self._arrived.set()
            # An app that was killed may be answered a ping that it no longer hears.
            with suppress(ConnectionError):
                async for received in socket:
                    if received.type is WSMsgType.TEXT:
                        _take_ack(connection, received.data)
        finally:
            self._forget(connection)
        return socket

    def offer_event(self, payload: Json) -> None:
        """Delivers an event in the background, waiting for an app where there is none."""
        if len(self._deliveries) >= MOST_WAITING:
            _log.warning("%d events wait for an app; one more is dropped", MOST_WAITING)
            return
        task = asyncio.create_task(self._deliver(payload))
        self._deliveries.add(task)
        task.add_done_callback(self._deliveries.discard)

    async def ask(self, kind: str, payload: Json) -> Ack:
        """Hands an interaction or command to one app and waits for its acknowledgement.

        Raises `NoAppConnected`, or `NoAnswer` after `ack_seconds` or a lost connection.
        """
        connection = self._next()
        if connection is None:
            raise NoAppConnected
        try:
            return await self._send(connection, kind, payload, accepts_response_payload=True)
        except (TimeoutError, ConnectionLost):
            raise NoAnswer(self.ack_seconds) from None

    async def drop_connections(self) -> None:
        """Cuts every connection without a word, as a network failure does."""
        for connection in list(self._connections):
            self._forget(connection)
            if connection.transport is not None:
                connection.transport.abort()

    async def stop(self) -> None:
        """Ends deliveries and closes the connections."""
        for task in list(self._deliveries):
            task.cancel()
        await asyncio.gather(*self._deliveries, return_exceptions=True)
        for connection in list(self._connections):
            self._forget(connection)
            await connection.socket.close(code=1001)

    async def _deliver(self, payload: Json) -> None:
        waits = list(self.retry_after)
        attempt, reason = 0, ""
        while True:
            connection = await self._any_connection()
            try:
                await self._send(
                    connection, "events_api", payload, retry_attempt=attempt, retry_reason=reason
                )
                return
            except ConnectionLost:
                reason = "connection_lost"
            except TimeoutError:
                reason = "timeout"
                if not waits:
                    _log.info("event %s was never acknowledged", payload.get("event_id"))
                    return
                await asyncio.sleep(waits.pop(0))
            attempt += 1

    async def _any_connection(self) -> _Connection:
        while (connection := self._next()) is None:
            self._arrived.clear()
            await self._arrived.wait()
        return connection

    async def _send(self, connection: _Connection, kind: str, payload: Json, **more: object) -> Ack:
        envelope_id = str(uuid.uuid4())
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        connection.waiting[envelope_id] = answer
        accepts = {"accepts_response_payload": False} | more
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(self.ack_seconds):
                try:
                    await connection.socket.send_json(
                        {"envelope_id": envelope_id, "type": kind, "payload": payload, **accepts}
                    )
                except (ConnectionError, RuntimeError) as error:
                    answer.cancel()  # nobody waits for it any more
                    self._forget(connection)
                    raise ConnectionLost from error
                return Ack(await answer, time.perf_counter() - begun)
        finally:
            connection.waiting.pop(envelope_id, None)

    def _next(self) -> _Connection | None:
        if not self._connections:
            return None
        self._turn += 1
        return self._connections[self._turn % len(self._connections)]

    def _forget(self, connection: _Connection) -> None:
        if connection in self._connections:
            self._connections.remove(connection)
            self._counted()
        for answer in connection.waiting.values():
            if not answer.done():
                answer.set_exception(ConnectionLost())

    def _counted(self) -> None:
        for watcher in self.watchers:
            watcher(len(self._connections))


def _abortable(request: web.Request) -> asyncio.WriteTransport | None:
    return request.transport if isinstance(request.transport, asyncio.WriteTransport) else None


def _take_ack(connection: _Connection, text: str) -> None:
    try:
        received = json.loads(text)
    except ValueError:
        return
    if not isinstance(received, dict):
        return
    answer = connection.waiting.get(str(received.get("envelope_id")))
    if answer is not None and not answer.done():
        payload = received.get("payload")
        answer.set_result(payload if isinstance(payload, dict) else {})
