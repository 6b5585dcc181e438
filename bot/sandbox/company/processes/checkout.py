"""The shop's checkout and its customers: a light, steady load on the queue and the API of orders.

`{"op": "stats"}` → counters and latency of what the customers saw.
"""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

from .orders_api import Counters, timed
from .wire import Emit, Trace, ask, listen, new_trace, questions, send

CUSTOMERS_A_SECOND = 6.0
ANSWER_SECONDS = 3.0


class Checkout:
    """Each customer leaves an order in the queue, then waits for the API's quote."""

    def __init__(self, ports: dict[str, int], emit: Emit) -> None:
        self._ports = ports
        self._emit = emit
        self._counters = Counters()

    def serve(self, connection: socket.socket) -> None:
        for _ in questions(connection):
            send(connection, self._counters.stats())

    def admit(self) -> None:
        """Let customers in, one after the other, for ever."""
        due = time.monotonic()
        while True:
            due += 1 / CUSTOMERS_A_SECOND
            time.sleep(max(0.0, due - time.monotonic()))
            threading.Thread(target=self._customer, daemon=True).start()

    def _customer(self) -> None:
        timed(self._counters, self._emit, "POST /checkout", new_trace(), self._check_out)

    def _check_out(self, trace: Trace) -> None:
        order = {"op": "publish", "trace": trace}
        ask(self._ports["orders-queue-1"], order, ANSWER_SECONDS)
        quote = {"op": "GET /orders/quote", "trace": trace}
        ask(self._ports["orders-api-1"], quote, ANSWER_SECONDS)


def main(config: dict[str, Any], emit: Emit) -> int:
    checkout = Checkout(config["ports"], emit)
    threading.Thread(target=checkout.admit, daemon=True).start()
    listen(emit, checkout.serve)
    return 0
