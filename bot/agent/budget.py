"""What an investigation may cost: tokens, money, turns and minutes, for an incident and a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from bot.agent.model import Model, Request
from tools.kit.types import Frozen

_CHARS_PER_TOKEN = 3.5


class BudgetSpentError(Exception):
    """A limit is reached. Says which, for people."""


class Budget(Frozen):
    """Limits; reaching one ends in the best answer so far, not in an error."""

    turns: int = 16
    """Of one agent in one incident."""
    tokens: int = 200_000
    """Of one agent in one incident."""
    minutes: float = 10
    dollars_incident: float = 2.0
    dollars_day: float = 20.0


class Spending(Protocol):
    """Money spent today and on an incident, counted in one place for all processes."""

    async def reserve(self, incident: str, dollars: float, budget: Budget, day: str) -> str | None:
        """Take `dollars` out of both budgets at once; None, or which of them is spent."""

    async def settle(self, incident: str, reserved: float, spent: float, day: str) -> None:
        """Put the difference back."""


def estimate(model: Model, request: Request) -> float:
    """Dollars that a turn may cost at most, cache or no cache."""
    chars = len(request.system) + sum(tool.chars for tool in request.tools)
    chars += sum(message.chars for message in request.messages)
    cost = chars / _CHARS_PER_TOKEN * model.price.cache_write
    return (cost + request.max_output * model.price.output) / 1_000_000


def require(budget: Budget, *, turns: int, tokens: int, since: datetime, now: datetime) -> None:
    """Raises BudgetSpentError where one more turn would be over a limit."""
    if turns >= budget.turns:
        raise BudgetSpentError(f"{budget.turns} turns are used up")
    if tokens >= budget.tokens:
        raise BudgetSpentError(f"{budget.tokens} tokens are used up")
    if now - since > timedelta(minutes=budget.minutes):
        raise BudgetSpentError(f"{budget.minutes:g} minutes are used up")
