"""Names in a policy file: what may stand in a list of services, environments or tools."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import AfterValidator

GLOB = "glob:"


def _say_something(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names or any(not name.removeprefix(GLOB).strip("*? ") for name in names):
        raise ValueError("an empty or a bare '*' selector means nothing; leave the line out")
    return names


Names = Annotated[tuple[str, ...], AfterValidator(_say_something)]
"""Never empty, and never everything: a rule for everything leaves the line out."""


def named(pattern: str, name: str) -> bool:
    """Exactly, or by a glob that is written as one: `glob:restart_*`."""
    if pattern.startswith(GLOB):
        return fnmatchcase(name, pattern.removeprefix(GLOB))
    return pattern == name
