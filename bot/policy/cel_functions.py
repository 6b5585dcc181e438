"""The functions that conditions and templates may call beyond CEL's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tools.kit import quantity


def seconds(text: str) -> float:
    """`90s`, `15m`, `2 h`, `1 day` in seconds. Raises ValueError for anything else."""
    amount = quantity.parse(text)
    if amount.unit != "seconds":
        raise ValueError(f"{text!r} is no duration; write it like '90s', '15m' or '2h'")
    return amount.value


def duration(value: Any) -> float | str:
    """`duration("30m")` is 1800.0 seconds; `duration(8280)` is `2.3 h`, for people."""
    return seconds(value) if isinstance(value, str) else quantity.show(_measure(value), "seconds")


def size(value: Any) -> float | str:
    """How many items or characters; of a number, the bytes as people read them: `1.4 GiB`."""
    if isinstance(value, str | list | dict | bytes):
        return float(len(value))
    return quantity.show(_measure(value), "bytes")


def percent(value: Any) -> str:
    """A ratio for people: `percent(0.123)` is `12.3%`."""
    return quantity.show(_measure(value), "ratio")


def unix(value: Any) -> float:
    """Seconds since 1970 of an RFC 3339 time with an offset: `unix(alert.starts_at)`."""
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError(f"{value!r} has no offset from UTC")
    return at.timestamp()


def extract(source: Any, regex: Any, group: Any) -> str:
    """The named group in the first text, of one or a list, that the regex is found in.

    Raises ValueError where it is found in none.
    """
    texts = source if isinstance(source, list) else [source]
    for text in texts:
        found = re.search(regex, text)
        if found and found.group(group) is not None:
            return str(found.group(group))
    raise ValueError(f"{regex!r} is found in none of {len(texts)} texts")


def join(items: Any, between: Any = ", ") -> str:
    """A list of texts as one: `join(hosts)` is `a, b`."""
    return str(between).join(str(item) for item in items)


def _least(items: Any) -> Any:
    return min(items)


def _greatest(items: Any) -> Any:
    return max(items)


def _lower(text: Any) -> str:
    return str(text).lower()


def _measure(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    return float(value)


def _is_there(_: Any) -> bool:
    """Stands for `has()` where truth is asked: what is absent fails before it gets here."""
    return True


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "_duration": duration,
    "_size": size,
    "_is_there": _is_there,
    "percent": percent,
    "unix": unix,
    "extract": extract,
    "join": join,
    "min": _least,
    "max": _greatest,
    "lower": _lower,
}

RENAMED = {"duration": "_duration", "size": "_size"}
"""CEL has functions of these names; a Python one is only reached under another."""

FOR_TRUTH = {**RENAMED, "has": "_is_there"}

KNOWN = frozenset(
    {"duration", "size", "has", "percent", "unix", "extract", "join", "min", "max", "lower"}
    | {"int", "uint", "double", "string", "bytes", "timestamp", "type", "dyn"}
    | {"contains", "startsWith", "endsWith", "matches"}
)
"""What an expression may call; anything else is a slip that is told when it is read."""


def functions(failures: list[str]) -> dict[str, Callable[..., Any]]:
    """The functions for one evaluation. One that fails gives null and notes why.

    An exception in a callback would be printed to stderr by the evaluator.
    """
    return {name: _noting(name.strip("_"), call, failures) for name, call in _FUNCTIONS.items()}


def _noting(name: str, call: Callable[..., Any], failures: list[str]) -> Callable[..., Any]:
    def called(*arguments: Any) -> Any:
        try:
            return call(*arguments)
        except Exception as error:
            failures.append(f"{name}(): {error}")
            return None

    return called
