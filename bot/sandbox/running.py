"""Who runs in a data folder: one at a time, and where its parts are to be found."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import IO

from tools.kit.types import Frozen


class AlreadyRunningError(Exception):
    """Another opsbot uses the data folder."""


class Running(Frozen):
    """Where the parts of a running opsbot are, for commands beside it."""

    redis_url: str
    http_addr: str
    page_url: str | None = None
    inventory: str | None = None


class DataFolder:
    """Held by one process; the kernel lets go of it when that process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock: IO[str] | None = None

    def hold(self) -> None:
        """Raises AlreadyRunningError, or OSError where the folder can't be written."""
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            lock = (self._path / "lock").open("w")
        except OSError as error:
            raise OSError(
                f"can't write to {str(self._path)!r}: {error.strerror}; set OPSBOT_DATA"
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise AlreadyRunningError(
                f"opsbot runs in {str(self._path)!r} already; end it, or set OPSBOT_DATA"
            ) from error
        self._lock = lock

    def note(self, running: Running) -> None:
        """Say where things are; only this user may read it, for the page's token is in it."""
        file = os.open(self._path / "running.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(file, "w") as out:
            out.write(running.model_dump_json())

    def release(self) -> None:
        if self._lock:
            (self._path / "running.json").unlink(missing_ok=True)
            self._lock.close()
            self._lock = None


def find_running(path: Path) -> Running | None:
    """What runs in that folder now; None where nothing does."""
    try:
        with (path / "lock").open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                body = json.loads((path / "running.json").read_text())
                return Running.model_validate(body)
    except (OSError, ValueError):
        return None
    return None
