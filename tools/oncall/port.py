"""What any rota answers: who is on call in a schedule now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from tools.kit.integration import Backend
from tools.kit.tool import Context


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on call."""

    name: str
    """As the rota calls them; their address where it knows no other name."""
    email: str
    """Empty where the rota tells none."""


@dataclass(frozen=True, slots=True)
class Duty:
    """Who is on call at the moment of asking."""

    people: tuple[Person, ...]
    """Nobody where the schedule has a gap."""
    query: str
    """The exact request."""


@runtime_checkable
class Rota(Backend, Protocol):
    """Where schedules are kept."""

    async def on_call(self, schedule: str, ctx: Context) -> Duty:
        """Raises InvalidCall, Unavailable or Refused."""
