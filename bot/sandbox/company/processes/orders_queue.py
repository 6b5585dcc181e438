"""The queue of orders to fulfil, with its workers, who ask the API for each and try again later.

`{"op": "publish", "trace": …}` → `{"ok": true}`. `{"op": "stats"}` → depth, age and counters.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from typing import Any

from .wire import Emit, Failed, ask, listen, new_trace, questions, send, span

WORKERS = 12
PACKING_SECONDS = 0.2
BACK_OFF_SECONDS = 1.0
ANSWER_SECONDS = 3.0
WARN_DEPTH = 20
SECONDS_BETWEEN_LINES = 5.0


class Queue:
    """First in, first out; an order that could not be fulfilled goes back to the front."""

    def __init__(self, api: int, emit: Emit) -> None:
        """`api` is the port on which the API listens."""
        self._api = api
        self._emit = emit
        self._waiting: deque[float] = deque()
        self._changed = threading.Condition()
        self._published = self._consumed = self._failed = 0
        self._told = 0.0

    def serve(self, connection: socket.socket) -> None:
        for question in questions(connection):
            if question["op"] == "stats":
                send(connection, self._stats())
            else:
                with span(self._emit, question["trace"], "publish order"):
                    self._put()
                send(connection, {"ok": True})

    def work(self) -> None:
        """Take orders and have them fulfilled, for ever."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting))
                since = self._waiting.popleft()
            try:
                # A trace of its own for each try, or one that is tried for an hour never ends.
                with span(self._emit, new_trace(), "fulfil order") as below:
                    question = {"op": "POST /orders/fulfil", "trace": below}
                    ask(self._api, question, ANSWER_SECONDS)
                    time.sleep(PACKING_SECONDS)
            except (Failed, OSError) as error:
                self._give_back(since, str(error))
                time.sleep(BACK_OFF_SECONDS)
            else:
                with self._changed:
                    self._consumed += 1

    def _put(self) -> None:
        with self._changed:
            self._published += 1
            self._waiting.append(time.time())
            self._changed.notify()

    def _give_back(self, since: float, why: str) -> None:
        now = time.time()
        with self._changed:
            self._failed += 1
            self._waiting.appendleft(since)
            self._changed.notify()
            depth = len(self._waiting)
            if depth < WARN_DEPTH or now - self._told < SECONDS_BETWEEN_LINES:
                return
            self._told = now
        text = f"backlog of {depth} orders, oldest {now - since:.0f} s; last failure: {why}"
        self._emit("log", at=now, level="warn", message=text)

    def _stats(self) -> dict[str, Any]:
        with self._changed:
            oldest = time.time() - self._waiting[0] if self._waiting else 0.0
            return {
                "depth": len(self._waiting),
                "oldest": oldest,
                "published": self._published,
                "consumed": self._consumed,
                "failed": self._failed,
            }


def main(config: dict[str, Any], emit: Emit) -> int:
    queue = Queue(config["ports"]["orders-api-1"], emit)
    for _ in range(WORKERS):
        threading.Thread(target=queue.work, daemon=True).start()
    listen(emit, queue.serve)
    return 0
