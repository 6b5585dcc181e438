"""What is shown of many log lines: the first errors as they are, then templates, then single lines.

So 5 MB of log become 2,000 tokens that still hold the first error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from tools.kit.excerpt import cut, fit
from tools.kit.templates import Entry, Template, fold
from tools.logs.port import LogLine

ERROR_LEVELS = frozenset({"error", "err", "critical", "crit", "fatal", "alert", "emergency"})
READ_WHOLE_CHARS = 1_500
"""Lines as short as that together are shown as they are."""
_FIRST_ERRORS = 3
_FIRST_ERROR_CHARS = 600
_ERROR_CHARS = 200
_TEMPLATE_CHARS = 240
_EXAMPLE_CHARS = 160
_LINE_CHARS = 300
_TEMPLATES_SHARE = 0.7
"""Of the room that the first errors leave; single lines have the rest."""
_MOST_LINES = 5
_WARNINGS = frozenset({"warn", "warning"})
_MILD = frozenset({"debug", "trace"})
_ERROR_WORD = re.compile(r"(?i)\b(?:error|exception|fatal|panic|traceback|failed|failure)\b")


def digest(errors: Sequence[LogLine], lines: Sequence[LogLine], max_chars: int) -> tuple[str, bool]:
    """At most `max_chars` characters, and whether something is not there as it was logged.

    `errors`: the earliest of the window, shown first; `lines`, in the order asked for.
    """
    rest = [line for line in lines if line not in errors]
    whole = "\n".join(text(line) for line in (*errors, *rest))
    if len(whole) <= min(READ_WHOLE_CHARS, max_chars):
        return whole, False
    errors = errors or _likely_errors(rest)
    head, _ = fit(_first(errors), max_chars // 2)
    left = max_chars - len(head) - 1
    middle, _ = fit(_templates(lines, errors), int(left * _TEMPLATES_SHARE))
    left -= len(middle) + 1
    tail, _ = fit(_single(lines), left)
    return "\n".join(part for part in (head, middle, tail) if part), True


def text(line: LogLine) -> str:
    """A line as it would stand in a file."""
    head = f"{line.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return " ".join(part for part in (head, line.level.upper(), line.service, line.message) if part)


def _first(errors: Sequence[LogLine]) -> Iterator[str]:
    for number, error in enumerate(errors):
        yield _without_middle(text(error), _ERROR_CHARS if number else _FIRST_ERROR_CHARS)


def _likely_errors(lines: Sequence[LogLine]) -> list[LogLine]:
    """The earliest of those that sound like errors, where the store knows no levels."""
    found = [line for line in lines if _severity(line.level, line.message) == 0]
    return sorted(found, key=lambda line: line.at)[:_FIRST_ERRORS]


def _templates(lines: Sequence[LogLine], errors: Sequence[LogLine]) -> Iterator[str]:
    several = len({line.service for line in lines}) > 1

    def said(line: LogLine) -> str:
        return f"{line.service}: {line.message}" if several else line.message

    folded = fold(Entry(line.at, line.level, said(line)) for line in lines)
    known = {said(line) for line in errors}
    yield f"{len(lines)} lines say {len(folded)} different things, the rare and severe first:"
    for one in sorted(folded, key=lambda each: (_severity(each.level, each.text), each.count)):
        if one.count > 1 or one.example not in known:
            yield _shown(one, with_example=one.example not in known)


def _shown(one: Template, *, with_example: bool) -> str:
    level = f" {one.level.upper()}" if one.level else ""
    if one.count == 1:
        return f"×1 {_time(one.first)}{level} {_line(one.example, _TEMPLATE_CHARS)}"
    said = f"×{one.count} {_time(one.first)}–{_time(one.last)}{level} "
    said += _line(one.text, _TEMPLATE_CHARS)
    masked = "<" in one.text or '"*"' in one.text
    if not masked or not with_example:
        return said
    return f"{said} | first: {_line(one.example, _EXAMPLE_CHARS)}"


def _single(lines: Sequence[LogLine]) -> Iterator[str]:
    yield "newest lines:" if lines[0].at >= lines[-1].at else "oldest lines:"
    for line in lines[:_MOST_LINES]:
        yield _line(text(line), _LINE_CHARS)


def _severity(level: str, message: str) -> int:
    """0 is the worst. A line without a level is judged by its words."""
    if level in ERROR_LEVELS:
        return 0
    if level in _WARNINGS:
        return 1
    if _ERROR_WORD.search(message):
        return 1 if level else 0
    return 3 if level in _MILD else 2


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%H:%M:%S}"


def _line(message: str, most: int) -> str:
    return cut(" ".join(message.split()), most)


def _without_middle(message: str, most: int) -> str:
    """Both ends: a stack trace names its failure first or its cause last."""
    if len(message) <= most:
        return message
    end = most // 3
    return f"{message[: most - end - 3]} … {message[-end:]}"
