"""The API of orders: each request takes a connection to the database, and waits for it if it must.

`{"op": "GET /orders/quote" | "POST /orders/fulfil", "trace": …}` → `{"ok": true}` or `{"error": …}`
after CONNECT_SECONDS without a connection. `{"op": "stats"}` → counters and latency.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from .wire import Emit, Failed, Line, Trace, enter, listen, questions, send, span

BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
CONNECT_SECONDS = 1.0
RETRY_SECONDS = 0.15
QUERY_SECONDS = 0.012


class Counters:
    """Requests by status code, and how long they took."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._codes = {"200": 0, "503": 0}
        self._buckets = [0] * len(BUCKETS)
        self._seconds = 0.0

    def note(self, code: str, seconds: float) -> None:
        with self._lock:
            self._codes[code] += 1
            self._seconds += seconds
            for number, edge in enumerate(BUCKETS):
                self._buckets[number] += seconds <= edge

    def stats(self) -> dict[str, Any]:
        with self._lock:
            return {
                "codes": dict(self._codes),
                "buckets": list(self._buckets),
                "seconds": self._seconds,
                "count": sum(self._codes.values()),
            }


class Api:
    """Answers while the database lets it in."""

    def __init__(self, database: int, emit: Emit) -> None:
        """`database` is the port on which the database listens."""
        self._database = database
        self._emit = emit
        self._counters = Counters()

    def serve(self, connection: socket.socket) -> None:
        for question in questions(connection):
            if question["op"] == "stats":
                send(connection, self._counters.stats())
            else:
                answer = timed(
                    self._counters, self._emit, question["op"], question["trace"], self._work
                )
                send(connection, answer)

    def _work(self, trace: Trace) -> None:
        with span(self._emit, trace, "connect orders-db"):
            line = self._connect()
        try:
            line.ask({"op": "query", "seconds": QUERY_SECONDS, "trace": trace})
        finally:
            line.close()

    def _connect(self) -> Line:
        deadline = time.monotonic() + CONNECT_SECONDS
        while True:
            try:
                return enter(self._database, "orders-api", CONNECT_SECONDS)
            except (Failed, OSError) as error:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError(
                        f"timeout after {CONNECT_SECONDS:.1f} s waiting for a connection to"
                        f" orders-db: {error}"
                    ) from error
                time.sleep(min(RETRY_SECONDS, left))


def timed(
    counters: Counters, emit: Emit, operation: str, trace: Trace, work: Callable[[Trace], None]
) -> dict[str, Any]:
    """Do one request's work; what it raises is answered as an error, and logged with its trace."""
    began = time.monotonic()
    try:
        with span(emit, trace, operation) as below:
            work(below)
    except (Failed, OSError) as error:
        counters.note("503", time.monotonic() - began)
        text = f"{operation} failed with 503: {error}"
        emit("log", at=time.time(), level="error", message=text, trace_id=trace["trace_id"])
        return {"error": str(error)}
    counters.note("200", time.monotonic() - began)
    return {"ok": True}


def main(config: dict[str, Any], emit: Emit) -> int:
    listen(emit, Api(config["ports"]["orders-db-1"], emit).serve)
    return 0
