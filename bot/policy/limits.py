"""Which limits a step falls under: one for each service it touches."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.ports import Limit
from bot.policy.rules import Rule

_UNITS = {"s": "s", "m": "min", "h": "h", "d": "d"}


def limits(rule: Rule, tool: str, scopes: Iterable[str]) -> tuple[Limit, ...]:
    """The rule's limit, counted by tool and scope, so that one service doesn't use up another's.

    `scopes` are services; for the books, the incident's id. None where the rule has no limit.
    """
    if rule.limit is None:
        return ()
    count, span = rule.limit.count, words(rule.limit.per)
    return tuple(
        Limit(
            key=f"{rule.id}:{tool}:{scope}",
            count=count,
            seconds=rule.limit.seconds,
            text=f"{count} {tool} on {scope} in {span}",
        )
        for scope in sorted(scopes)
    )


def words(per: str) -> str:
    """`15m` → `15 min`."""
    return f"{per[:-1]} {_UNITS[per[-1]]}"
