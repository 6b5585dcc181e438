"""The sample company's warehouse: result tables as files, which a session can lock."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path
from typing import IO, Any


class Warehouse:
    """Reads what the jobs wrote; a locked table really refuses them until it is unlocked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._locks: dict[str, IO[str]] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def read(self, table: str) -> dict[str, Any] | None:
        """A table's content, None where no job has written it."""
        path = self._folder / f"{table}.json"
        if not path.exists():
            return None
        content: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return content

    def lock(self, table: str, session: str) -> None:
        """Hold a table for a session, as a long migration would."""
        file = (self._folder / f"{table}.json.lock").open("w", encoding="utf-8")
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        file.write(session)
        file.flush()
        self._locks[table] = file

    def unlock_all(self) -> None:
        while self._locks:
            self._locks.popitem()[1].close()
