"""One run of `customer_churn_scoring`: fetches its model from the feature store and scores with it.

Ends with 0, or with 1 where the model that arrived is not the one its manifest names.
"""

from __future__ import annotations

import hashlib
import json
import socket
import time
from collections.abc import Callable
from typing import Any

from .wire import span

CUSTOMERS = 2000


class ArtifactMismatch(Exception):
    """The bytes that arrived have another checksum than the manifest says."""


def _fetch(config: dict[str, Any], log: Callable[..., None]) -> bytes:
    name = config["model"]
    started = time.monotonic()
    address = ("127.0.0.1", int(config["instances"]["feature-store-1"]))
    with socket.create_connection(address, timeout=float(config["timeout_seconds"])) as connection:
        connection.sendall(json.dumps({"op": "artifact", "name": name}).encode() + b"\n")
        with connection.makefile("rb") as answer:
            head = json.loads(answer.readline())
            if "error" in head:
                raise OSError(f"feature-store refused model artifact: {head['error']}")
            body = answer.read()
    took = time.monotonic() - started
    log("info", f"fetched model artifact {name} from feature-store: {len(body)} bytes, {took:.2f}s")
    if len(body) != head["size"]:
        log("warn", f"feature-store announced {head['size']} bytes of {name}, sent {len(body)}")
    return body


def _check(config: dict[str, Any], body: bytes) -> None:
    with open(config["manifest_path"], encoding="utf-8") as file:  # noqa: PTH123
        expected = json.load(file)["sha256"]
    got = hashlib.sha256(body).hexdigest()
    if got != expected:
        raise ArtifactMismatch(
            f"model artifact checksum mismatch for {config['model']}: "
            f"expected sha256:{expected[:16]} got sha256:{got[:16]}"
        )


def _score(body: bytes) -> float:
    risky = 0
    for customer in range(CUSTOMERS):
        digest = hashlib.blake2b(customer.to_bytes(4, "big"), key=body[:32], digest_size=2).digest()
        risky += digest[0] > 200
    return risky / CUSTOMERS


def main(config: dict[str, Any], emit: Callable[..., None]) -> int:
    def log(level: str, message: str) -> None:
        emit("log", at=time.time(), level=level, message=message)

    log("info", f"starting {config['job']} run {config['run_id']}: model={config['model']}")
    try:
        with span(emit, config["trace"], f"fetch model artifact {config['model']}"):
            body = _fetch(config, log)
            _check(config, body)
        share = _score(body)
    except (ArtifactMismatch, OSError) as error:
        log("error", str(error))
        log("error", f"scoring job '{config['job']}' failed (exit code 1)")
        return 1
    log("info", f"scored {CUSTOMERS} customers, {share:.1%} at risk of leaving, job succeeded")
    return 0
