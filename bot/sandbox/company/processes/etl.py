"""One run of `daily_revenue_aggregation`: a day's orders become a table by region.

Ends with 0, or with 1 and a log that says on what it failed: the source, or the warehouse's table.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Callable
from typing import Any

from .wire import Emit, span

BACKOFF_SECONDS = 0.2


class SourceTimeout(Exception):
    """The source DB replica accepted the connection, or not, and gave no answer in time."""


class TableLocked(Exception):
    """Another session holds the target table."""


def _read(config: dict[str, Any], log: Callable[..., None]) -> list[list[Any]]:
    source, timeout = config["source"], float(config["timeout_seconds"])
    if source not in config["instances"]:
        known = ", ".join(sorted(config["instances"]))
        raise OSError(f"could not resolve source DB {source} (known: {known})")
    rows: list[list[Any]] = []
    try:
        address = ("127.0.0.1", int(config["instances"][source]))
        with socket.create_connection(address, timeout=timeout) as connection:
            question = {"op": "read", "table": "orders", "partition": config["partition"]}
            connection.sendall(json.dumps(question).encode() + b"\n")
            with connection.makefile("rb") as lines:
                for line in lines:
                    answer = json.loads(line)
                    if "error" in answer:
                        raise OSError(f"source DB {source} refused the read: {answer['error']}")
                    if answer.get("end"):
                        log("info", f"read {len(rows)} rows from source DB {source}")
                        return rows
                    rows.extend(answer["rows"])
    except TimeoutError:
        raise SourceTimeout(f"connection timeout to source DB {source}") from None
    raise OSError(f"source DB {source} closed the connection after {len(rows)} rows")


def _read_with_retries(
    config: dict[str, Any], log: Callable[..., None], emit: Emit
) -> list[list[Any]]:
    attempts = max(1, int(config["attempts"]))
    for attempt in range(1, attempts + 1):
        log(
            "info",
            f"connecting to source DB {config['source']}, partition {config['partition']} "
            f"(attempt {attempt}/{attempts}, timeout {config['timeout_seconds']}s)",
        )
        try:
            with span(emit, config["trace"], f"read orders from {config['source']}"):
                return _read(config, log)
        except SourceTimeout as error:
            if attempt == attempts:
                raise
            log("warn", f"{error}, retrying in {BACKOFF_SECONDS}s (attempt {attempt}/{attempts})")
            time.sleep(BACKOFF_SECONDS)
    raise AssertionError("unreachable: the last attempt returns or raises")


def _write(config: dict[str, Any], revenue: dict[str, float], rows: int) -> None:
    path = config["table_path"]
    with open(f"{path}.lock", "a+", encoding="utf-8") as lock:  # noqa: PTH123
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "an unknown session"
            raise TableLocked(
                f"could not obtain lock on warehouse table {config['target_table']}: "
                f"held by {holder}"
            ) from None
        table = {
            "table": config["target_table"],
            "partition": config["partition"],
            "revenue_by_region": revenue,
            "orders": rows,
            "source": config["source"],
            "run_id": config["run_id"],
            "written_at": time.time(),
        }
        with open(f"{path}.part", "w", encoding="utf-8") as part:  # noqa: PTH123
            json.dump(table, part)
            part.flush()
            os.fsync(part.fileno())
        os.replace(f"{path}.part", path)  # noqa: PTH105


def main(config: dict[str, Any], emit: Callable[..., None]) -> int:
    def log(level: str, message: str) -> None:
        emit("log", at=time.time(), level=level, message=message)

    log("info", f"starting {config['job']} run {config['run_id']}: source={config['source']}")
    try:
        rows = _read_with_retries(config, log, emit)
        cents: dict[str, int] = {}
        for _, region, amount in rows:
            cents[region] = cents.get(region, 0) + amount
        revenue = {region: total / 100 for region, total in sorted(cents.items())}
        log("info", f"aggregated revenue of {config['partition']} for {len(revenue)} regions")
        with span(emit, config["trace"], f"write {config['target_table']}"):
            _write(config, revenue, len(rows))
    except (SourceTimeout, TableLocked, OSError) as error:
        log("error", str(error))
        log("error", f"ETL job '{config['job']}' failed (exit code 1)")
        return 1
    log("info", f"wrote {config['target_table']} partition {config['partition']}, job succeeded")
    return 0
