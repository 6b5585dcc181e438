"""The mark a call leaves in a Variable's description, after whatever a person wrote there."""

from __future__ import annotations

import re

from tools.jobs.port import Mark

_MARK = re.compile(r"\s*\[opsbot ([A-Za-z0-9_-]{1,64})(?: of (\d+))?\]\s*$")


def read(description: str | None) -> Mark | None:
    """The mark at the end of a description; None where there is none."""
    match = _MARK.search(description or "")
    return Mark(match[1], int(match[2] or 1)) if match else None


def write(description: str | None, mark: Mark | None) -> str:
    """The description with this mark instead of an earlier one."""
    words = _MARK.sub("", description or "")
    if mark is None:
        return words
    text = f"[opsbot {mark.key} of {mark.of}]" if mark.of > 1 else f"[opsbot {mark.key}]"
    return f"{words} {text}" if words else text
