"""Text that can be stored and sent."""

from __future__ import annotations

from typing import Any


def whole(value: Any) -> Any:
    """Plain JSON whose texts hold no half of a surrogate pair: JSON may, and UTF-8 can't."""
    if isinstance(value, str):
        if value.isascii():
            return value
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {whole(key): whole(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [whole(each) for each in value]
    return value
