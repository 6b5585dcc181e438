"""Collecting what is wrong with blocks, each fault with its place."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Literal

Surface = Literal["message", "modal", "home"]


class Faults:
    """Gathers faults worded like Slack's: what is wrong, then a JSON pointer.

    `surface` is where the blocks are to stand.
    """

    def __init__(self, surface: Surface = "message") -> None:
        self.surface = surface
        self.found: list[str] = []

    def add(self, place: str, words: str) -> None:
        """Note one fault at this JSON pointer."""
        self.found.append(f"{words} [json-pointer:{place}]")

    def string(self, place: str, value: Any, most: int, *, least: int = 1) -> bool:
        """A required string of `least` to `most` characters."""
        if not isinstance(value, str):
            self.add(place, "must be a string" if value is not None else "missing required field")
            return False
        if len(value) > most:
            self.add(place, f"must be less than {most + 1} characters")
        elif len(value) < least:
            self.add(place, f"must be more than {least - 1} characters")
        else:
            return True
        return False

    def optional_string(self, place: str, value: Any, most: int) -> None:
        """A string of at most `most` characters, or nothing."""
        if value is not None:
            self.string(place, value, most)

    def shaped(self, place: str, value: Any, shape: str) -> None:
        """A string of this shape (a regular expression), or nothing."""
        if value is not None and not (isinstance(value, str) and re.fullmatch(shape, value)):
            self.add(place, "invalid format")

    def items(self, place: str, value: Any, most: int, *, least: int = 1) -> list[Any]:
        """A required list of `least` to `most` items; empty where it is none."""
        if not isinstance(value, list):
            self.add(place, "must be an array" if value is not None else "missing required field")
            return []
        if len(value) > most:
            self.add(place, f"no more than {most} items allowed")
        elif len(value) < least:
            self.add(place, f"must have at least {least} items")
        return value

    def one_of(self, place: str, value: Any, allowed: Collection[str]) -> bool:
        """A value out of a fixed set."""
        if isinstance(value, str) and value in allowed:
            return True
        self.add(place, f"must be one of {', '.join(sorted(allowed))}")
        return False

    def only_keys(self, place: str, value: dict[str, Any], allowed: Collection[str]) -> None:
        """No fields but these."""
        for key in value:
            if key not in allowed:
                self.add(f"{place}/{key}", f"no more than these fields are allowed: {key}")
