"""The database of orders: takes so many connections and no more, as PostgreSQL does.

`{"op": "hello", "client": …}` takes a connection's slot, or is refused; then `{"op": "query",
"seconds": …, "trace": …}` is answered after that time. `{"op": "stats"}` needs no slot: it stands
for the connections that a database keeps back for its operators.
"""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

from .wire import Emit, listen, questions, send, span

MAX_CONNECTIONS = 32
FULL = "FATAL: sorry, too many clients already"
SECONDS_BETWEEN_LINES = 2.0


class Database:
    """Counts who is connected; refuses whoever comes when all slots are taken."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._lock = threading.Lock()
        self._clients: dict[str, int] = {}
        self._refused = 0
        self._told: dict[str, float] = {}

    def serve(self, connection: socket.socket) -> None:
        client = ""
        try:
            for question in questions(connection):
                if question["op"] == "stats":
                    send(connection, self._stats())
                elif question["op"] == "hello":
                    if not self._enter(question["client"]):
                        send(connection, {"error": FULL})
                        return
                    client = question["client"]
                    send(connection, {"ok": True})
                else:
                    self._query(connection, question)
        finally:
            if client:
                with self._lock:
                    self._clients[client] -= 1

    def _enter(self, client: str) -> bool:
        with self._lock:
            free = sum(self._clients.values()) < MAX_CONNECTIONS
            if free:
                self._clients[client] = self._clients.get(client, 0) + 1
            else:
                self._refused += 1
            now = time.time()
            quiet = now - self._told.get(client, 0.0) < SECONDS_BETWEEN_LINES
            if free or quiet:
                return free
            self._told[client] = now
        text = f"{FULL} (client {client}, max_connections {MAX_CONNECTIONS})"
        self._emit("log", at=now, level="error", message=text)
        return False

    def _query(self, connection: socket.socket, question: dict[str, Any]) -> None:
        if "trace" in question:
            with span(self._emit, question["trace"], "SELECT orders"):
                time.sleep(question["seconds"])
        else:
            time.sleep(question["seconds"])
        send(connection, {"rows": int(question["seconds"] * 1000)})

    def _stats(self) -> dict[str, Any]:
        with self._lock:
            return {
                "by_client": dict(self._clients),
                "max": MAX_CONNECTIONS,
                "refused": self._refused,
            }


def main(config: dict[str, Any], emit: Emit) -> int:
    listen(emit, Database(emit).serve)
    return 0
