"""A replica of the orders database: answers lag and reads over TCP, and can stall for real.

One JSON object a line each way. `{"op": "lag"}` → lag in seconds, last applied LSN, open
connections. `{"op": "read", "table": "orders", "partition": "YYYY-MM-DD"}` → batches of rows, then
`{"end": true}`. A stalled replica accepts connections and never answers a read.
"""

from __future__ import annotations

import json
import math
import random
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

BATCHES = 24
ROWS_IN_A_BATCH = 250
SECONDS_A_BATCH = 0.085
REGIONS = ("apac", "emea", "latam", "namer")
EPOCH = 1_750_000_000

_state: dict[str, Any] = {"config": {}, "stalled_since": None, "connections": 0}
_counting = threading.Lock()


def lag_at(config: dict[str, Any], now: float, stalled_since: float | None) -> float:
    """Seconds from the last change applied to `now`; from a stall on it grows with the clock."""
    reached = now if stalled_since is None else min(now, stalled_since)
    usual = config["lag_seconds"] * (1 + 0.04 * math.sin(reached / 97))
    return float(now - reached + usual)


def orders(partition: str) -> list[list[Any]]:
    """All rows of one day, the same on every replica: order id, region, amount in cents."""
    numbers = random.Random(partition)  # noqa: S311
    count = BATCHES * ROWS_IN_A_BATCH
    return [
        [f"{partition}-{n:06d}", numbers.choice(REGIONS), numbers.randint(900, 48_000)]
        for n in range(count)
    ]


def control(command: dict[str, Any]) -> None:
    """The private channel: `{"op": "stall", "since": epoch seconds}` or `{"op": "resume"}`."""
    _state["stalled_since"] = command["since"] if command["op"] == "stall" else None


def _measure() -> dict[str, Any]:
    now = time.time()
    lag = lag_at(_state["config"], now, _state["stalled_since"])
    position = int((now - lag - EPOCH) * 8192)
    return {
        "lag_seconds": round(lag, 3),
        "last_applied_lsn": f"{position >> 32:X}/{position & 0xFFFFFFFF:08X}",
        "connections": _state["connections"],
    }


def _read(connection: socket.socket, question: dict[str, Any]) -> None:
    if _state["stalled_since"] is not None:
        connection.recv(1)  # until the caller gives up
        return
    if question.get("table") != "orders":
        _send(connection, {"error": f"no table {question.get('table')!r}; there is 'orders'"})
        return
    rows = orders(question["partition"])
    for start in range(0, len(rows), ROWS_IN_A_BATCH):
        time.sleep(SECONDS_A_BATCH)
        _send(connection, {"rows": rows[start : start + ROWS_IN_A_BATCH]})
    _send(connection, {"end": True, "rows": len(rows)})


def _send(connection: socket.socket, answer: dict[str, Any]) -> None:
    connection.sendall(json.dumps(answer).encode() + b"\n")


def _serve(connection: socket.socket) -> None:
    with _counting:
        _state["connections"] += 1
    try:
        with connection, connection.makefile("rb") as lines:
            for line in lines:
                question = json.loads(line)
                if question["op"] == "lag":
                    _send(connection, _measure())
                else:
                    _read(connection, question)
    except (OSError, ValueError):
        return  # the caller went away, or spoke no JSON: the connection is over
    finally:
        with _counting:
            _state["connections"] -= 1


def main(config: dict[str, Any], emit: Callable[..., None]) -> int:
    _state["config"] = config
    listener = socket.create_server(("127.0.0.1", 0))
    emit("ready", port=listener.getsockname()[1])
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_serve, args=(connection,), daemon=True).start()
