"""Messages on disk, one JSON object a line, so that a restart brings them back."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from bot.sandbox.slack.messages import Change, Message

_log = logging.getLogger(__name__)


class Journal:
    """Appends each changed message to a file; the last line for a message wins.

    A torn last line, left by a crash, is dropped. Ephemeral messages aren't kept.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def load(self) -> list[Message]:
        """The messages of the earlier run; nothing where there was none."""
        if not self._path.exists():
            return []
        kept: dict[tuple[str, str], Message] = {}
        lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        for number, line in enumerate(lines, start=1):
            try:
                entry = json.loads(line)
                if "deleted" in entry:
                    kept.pop((entry["deleted"]["channel"], entry["deleted"]["ts"]), None)
                    continue
                message = Message.model_validate(entry)
            except (ValueError, TypeError, KeyError, ValidationError):
                if number < len(lines):
                    _log.warning("%s: line %d can't be read and is left out", self._path, number)
                continue
            kept[message.channel, message.ts] = message
        return list(kept.values())

    def open(self, messages: Iterable[Message]) -> None:
        """Start the file anew with what is known, so that it doesn't grow for ever."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_name(self._path.name + ".new")
        with fresh.open("w", encoding="utf-8") as file:
            file.writelines(_line(message) for message in messages)
        fresh.replace(self._path)
        self._file = self._path.open("a", encoding="utf-8")

    def record(self, change: Change) -> None:
        """Write one change through to the operating system."""
        message = change.message
        if self._file is None or message.only_for is not None:
            return
        if change.kind == "deleted":
            gone = {"deleted": {"channel": message.channel, "ts": message.ts}}
            self._file.write(json.dumps(gone) + "\n")
        else:
            self._file.write(_line(message))
        self._file.flush()

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _line(message: Message) -> str:
    return message.model_dump_json(exclude_defaults=True) + "\n"
