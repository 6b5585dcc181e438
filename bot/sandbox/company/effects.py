"""What reached the company: an append-only log of changes to its jobs and their configuration."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from bot.sandbox.company.instant import iso


class Effects:
    """Every change made through an API, written down before the change is answered.

    The file goes on over restarts; `seen` holds those of this run.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.seen: list[dict[str, Any]] = []

    def record(self, system: str, operation: str, target: str) -> None:
        effect = {"at": iso(), "system": system, "operation": operation, "target": target}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(effect, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.seen.append(effect)
