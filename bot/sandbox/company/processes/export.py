"""One run of `orders_export`: a batch of orders leaves the database over `parallelism` connections.

Ends with 0, or with 1 where it got no connection at all. Each reader holds its connection for the
whole batch; one that is refused tries again until the batch is over.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from .wire import Emit, Failed, Line, enter, span

BATCH_SECONDS = 6.0
CHUNK_SECONDS = 0.5
RETRY_SECONDS = 0.2
MOST_READERS = 200


class Batch:
    """The readers of one batch, side by side."""

    def __init__(self, port: int) -> None:
        """`port` is where the database listens."""
        self._port = port
        self._end = time.monotonic() + BATCH_SECONDS
        self._lock = threading.Lock()
        self.connected = self.rows = 0

    def run(self, readers: int) -> None:
        """Raises Failed where none of them got a connection."""
        threads = [threading.Thread(target=self._read, daemon=True) for _ in range(readers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if not self.connected:
            raise Failed("no connection to orders-db")

    def _read(self) -> None:
        line: Line | None = None
        while line is None and self._left > 0:
            line = self._connect()
        if line is None:
            return
        try:
            while self._left > 0:
                seconds = max(0.0, min(CHUNK_SECONDS, self._left))
                answer = line.ask({"op": "query", "seconds": seconds})
                with self._lock:
                    self.rows += answer["rows"]
        except (Failed, OSError):
            return  # the database went away; what was read counts
        finally:
            line.close()

    def _connect(self) -> Line | None:
        try:
            line = enter(self._port, "orders_export", BATCH_SECONDS)
        except (Failed, OSError):
            time.sleep(RETRY_SECONDS)
            return None
        with self._lock:
            self.connected += 1
        return line

    @property
    def _left(self) -> float:
        return self._end - time.monotonic()


def main(config: dict[str, Any], emit: Emit) -> int:
    def log(level: str, message: str) -> None:
        emit("log", at=time.time(), level=level, message=message)

    readers = max(1, min(MOST_READERS, int(config["parallelism"])))
    log("info", f"starting {config['job']} run {config['run_id']}: parallelism={readers}")
    batch = Batch(int(config["instances"]["orders-db-1"]))
    try:
        with span(emit, config["trace"], f"read orders over {readers} connections"):
            batch.run(readers)
    except Failed as error:
        log("error", f"export job '{config['job']}' failed (exit code 1): {error}")
        return 1
    level = "info" if batch.connected == readers else "warn"
    log(level, f"{batch.connected} of {readers} readers got a connection to orders-db")
    log("info", f"exported {batch.rows} orders, job succeeded")
    return 0
