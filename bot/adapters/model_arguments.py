"""Arguments of a call, as a model wrote them."""

from __future__ import annotations

import json
from typing import Any

DEEPEST = 32
"""No tool's parameters nest so far; what nests for ever can be neither stored nor sent back."""


def read_arguments(told: str) -> dict[str, Any] | None:
    """The object that `told` is; None where it is none, or one nested too deeply."""
    try:
        found = json.loads(told)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and _flat(found) else None


def _flat(found: dict[str, Any]) -> bool:
    level: list[Any] = [found]
    for _ in range(DEEPEST):
        level = [
            inner
            for each in level
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return True
    return False
