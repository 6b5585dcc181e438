"""What is shown of many log lines: the first errors as they are, then templates, then the newest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC

from tools.kit.excerpt import cut, fit
from tools.kit.templates import Entry, Template, fold
from tools.logs.port import LogLine

ERROR_LEVELS = frozenset({"error", "err", "critical", "crit", "fatal", "alert", "emergency"})
READ_WHOLE_CHARS = 1_500
"""So few lines are shown as they are."""
_FIRST_ERROR_CHARS = 900
_ERROR_CHARS = 300
_TEMPLATE_CHARS = 240
_EXAMPLE_CHARS = 160
_TEMPLATES_SHARE = 0.7
"""Of the room that the first errors leave; the newest lines have the rest."""
_MOST_TEMPLATES = 60
_MILDER = {"": 1, "debug": 3, "trace": 3, "warn": 1, "warning": 1}
_ERROR_WORD = re.compile(r"(?i)\b(?:error|exception|fatal|panic|traceback|failed|failure)\b")


def digest(
    errors: Sequence[LogLine], lines: Sequence[LogLine], max_chars: int
) -> tuple[str, bool]:
    """The lines in at most `max_chars` characters, and whether not every one is there as it is.

    `errors`: the earliest of the window, first of all; `lines` in the order asked for.
    """
    rest = [line for line in lines if line not in errors]
    whole = [text(line) for line in (*errors, *rest)]
    if sum(map(len, whole)) <= min(READ_WHOLE_CHARS, max_chars):
        return "\n".join(whole), False
    errors = errors or [line for line in rest if _severity(line.level, line.message) == 0][-1:]
    head, _ = fit(_errors(errors), max_chars // 2)
    left = max_chars - len(head) - 1
    body, cut_short = fit(_templates(lines), int(left * _TEMPLATES_SHARE))
    left -= len(body) + 1
    tail, _ = fit(["newest lines:", *_newest(lines)], left)
    return "\n".join(part for part in (head, body, tail) if part), cut_short or len(rest) > 0


def text(line: LogLine) -> str:
    """A line as a person would read it in a file."""
    head = f"{line.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return " ".join(part for part in (head, line.level.upper(), line.service, line.message) if part)
