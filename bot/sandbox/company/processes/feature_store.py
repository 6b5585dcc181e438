"""The feature store: hands model artifacts to jobs over TCP; when degraded it cuts them short.

One JSON object a line each way. `{"op": "stats"}` → request counters and latency. `{"op":
"artifact", "name": …}` → `{"size": n}` and then the artifact's bytes, after which it closes.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
REQUESTS_A_SECOND = 40.0
HEALTHY = {"errors": 0.002, "seconds": 0.031, "under": (0.86, 0.97, 0.99, 0.998, 0.999, 1.0)}
DEGRADED = {"errors": 0.17, "seconds": 0.82, "under": (0.04, 0.11, 0.29, 0.48, 0.71, 0.93)}

_state: dict[str, Any] = {"config": {}, "degraded_since": None, "served": {}}


def traffic(since: float, now: float, degraded_since: float | None) -> dict[str, Any]:
    """Counters at `now` of the callers' steady traffic since `since` (epoch seconds)."""
    turn = now if degraded_since is None else min(max(degraded_since, since), now)
    totals: dict[str, Any] = {"200": 0.0, "503": 0.0, "seconds": 0.0, "count": 0.0}
    buckets = [0.0] * len(BUCKETS)
    for profile, seconds in ((HEALTHY, turn - since), (DEGRADED, now - turn)):
        count = REQUESTS_A_SECOND * seconds
        errors: Any = profile["errors"]
        mean: Any = profile["seconds"]
        under: Any = profile["under"]
        totals["503"] += count * errors
        totals["200"] += count * (1 - errors)
        totals["seconds"] += count * mean
        totals["count"] += count
        buckets = [held + count * share for held, share in zip(buckets, under, strict=True)]
    return {**totals, "buckets": buckets}


def control(command: dict[str, Any]) -> None:
    """The private channel: `{"op": "degrade", "since": epoch seconds}` or `{"op": "recover"}`."""
    _state["degraded_since"] = command["since"] if command["op"] == "degrade" else None


def _artifact(connection: socket.socket, name: str) -> None:
    served = _state["served"]
    try:
        with open(f"{_state['config']['artifacts']}/{name}.bin", "rb") as file:  # noqa: PTH123
            body = file.read()
    except OSError:
        served["404"] = served.get("404", 0) + 1
        connection.sendall(json.dumps({"error": f"no artifact {name!r}"}).encode() + b"\n")
        return
    served["200"] = served.get("200", 0) + 1
    connection.sendall(json.dumps({"size": len(body)}).encode() + b"\n")
    connection.sendall(body if _state["degraded_since"] is None else body[: len(body) * 5 // 8])


def _stats() -> dict[str, Any]:
    totals = traffic(_state["config"]["since"], time.time(), _state["degraded_since"])
    for code, count in _state["served"].items():
        totals[code] = totals.get(code, 0.0) + count
    return totals


def _serve(connection: socket.socket) -> None:
    try:
        with connection, connection.makefile("rb") as lines:
            for line in lines:
                question = json.loads(line)
                if question["op"] == "artifact":
                    _artifact(connection, question["name"])
                    return
                connection.sendall(json.dumps(_stats()).encode() + b"\n")
    except (OSError, ValueError):
        return  # the caller went away, or spoke no JSON: the connection is over


def main(config: dict[str, Any], emit: Callable[..., None]) -> int:
    _state["config"] = config
    listener = socket.create_server(("127.0.0.1", 0))
    emit("ready", port=listener.getsockname()[1])
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_serve, args=(connection,), daemon=True).start()
