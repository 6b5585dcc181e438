"""What the order services share: JSON lines over TCP, and spans of what they do for a request."""

from __future__ import annotations

import json
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Emit = Callable[..., None]
Trace = dict[str, str]
"""Where a request stands: its `trace_id` and the `parent` of the next span."""

STACK_BYTES = 256 * 1024


class Failed(Exception):
    """The other side answered with an error."""


def new_trace() -> Trace:
    return {"trace_id": secrets.token_hex(16), "parent": ""}


@contextmanager
def span(emit: Emit, trace: Trace, name: str) -> Iterator[Trace]:
    """Time what is done inside; what it raises is the span's error. Yields the trace below it."""
    span_id, began, error = secrets.token_hex(8), time.time(), ""
    try:
        yield {"trace_id": trace["trace_id"], "parent": span_id}
    except Exception as raised:
        error = str(raised)
        raise
    finally:
        emit(
            "span", at=began, seconds=time.time() - began, name=name, error=error,
            trace_id=trace["trace_id"], span_id=span_id, parent_id=trace["parent"],
        )  # fmt: skip


def listen(emit: Emit, serve: Callable[[socket.socket], None]) -> None:
    """Accept connections for ever, each served by a thread of its own."""
    threading.stack_size(STACK_BYTES)
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    emit("ready", port=listener.getsockname()[1])
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_guarded, args=(serve, connection), daemon=True).start()


def questions(connection: socket.socket) -> Iterator[dict[str, Any]]:
    """What the caller asks, one JSON object a line, until it hangs up."""
    with connection.makefile("rb") as lines:
        for line in lines:
            yield json.loads(line)


def send(connection: socket.socket, answer: dict[str, Any]) -> None:
    connection.sendall(json.dumps(answer).encode() + b"\n")


class Line:
    """A connection to a service; each question waits for its answer."""

    def __init__(self, port: int, seconds: float) -> None:
        """Raises OSError, or TimeoutError after `seconds`, which also bound each answer."""
        self._connection = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        self._answers = self._connection.makefile("rb")

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """Raises Failed with the service's own words, OSError or TimeoutError."""
        send(self._connection, question)
        line = self._answers.readline()
        if not line:
            raise ConnectionResetError("the connection was closed")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise Failed(answer["error"])
        return answer

    def close(self) -> None:
        self._answers.close()
        self._connection.close()


def ask(port: int, question: dict[str, Any], seconds: float) -> dict[str, Any]:
    """One question on a connection of its own; raises as `Line` does."""
    line = Line(port, seconds)
    try:
        return line.ask(question)
    finally:
        line.close()


def enter(port: int, client: str, seconds: float) -> Line:
    """A connection to the database as this client; raises Failed where it has none left."""
    line = Line(port, seconds)
    try:
        line.ask({"op": "hello", "client": client})
    except BaseException:
        line.close()
        raise
    return line


def _guarded(serve: Callable[[socket.socket], None], connection: socket.socket) -> None:
    try:
        with connection:
            serve(connection)
    except (OSError, ValueError):
        return  # the caller went away, or spoke no JSON: the connection is over
