"""One step of each kind that rules can tell apart. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, product
from typing import Any

from bot.domain.values import CONFIDENCE_ORDER, Confidence
from bot.policy.facts import Facts, Playbook, Radius
from bot.policy.inventory import Inventory
from bot.policy.risk import FEW
from bot.policy.rule import Rule
from bot.policy.selectors import named
from tools.kit.tool import ReversibleTool, Tool
from tools.kit.types import Effect, Frozen

_ELSE = "something-else"
"""Stands for whatever no rule names."""
_BOOKS = (("books", "books"),)
"""What keeping the books touches, see `blast`."""
_PLAYBOOKS: Sequence[Playbook] = ("pinned", "partial", "unpinned", "none")
_NO_PLAYBOOK: Sequence[Playbook] = ("none",)
_SURE: Sequence[Confidence] = ("high",)


class Kind(Frozen):
    """A tool as rules see it."""

    name: str
    effect: Effect
    reversible: bool

    @classmethod
    def of(cls, tool: Tool[Any]) -> Kind:
        return cls(name=tool.name, effect=tool.effect, reversible=isinstance(tool, ReversibleTool))


OF_TOMORROW = tuple(
    Kind(name=_ELSE, effect=effect, reversible=reversible)
    for effect in (Effect.RECORD, Effect.WRITE, Effect.DESTRUCTIVE)
    for reversible in (True, False)
)
"""Tools that there are not yet: a rule that waits for one is not in vain."""


def alike(rules: Sequence[Rule], kinds: Sequence[Kind]) -> list[list[Kind]]:
    """The tools in groups that no rule can tell apart."""
    groups: dict[tuple[object, ...], list[Kind]] = {}
    for kind in kinds:
        picked = (any(named(tool, kind.name) for tool in rule.tools or ()) for rule in rules)
        groups.setdefault((kind.effect, kind.reversible, *picked), []).append(kind)
    return list(groups.values())


def every_step(
    rules: Sequence[Rule], kinds: Sequence[Kind], inventory: Inventory
) -> Iterator[Facts]:
    """Of each tool, at each place, as large, as sure and as well founded as the rules look at."""
    risky = any(rule.risk or rule.max_risk for rule in rules)
    limits = {rule.max_targets for rule in rules if rule.max_targets is not None}
    counts = {1, 2, *(n for most in limits for n in (most, most + 1)), *([FEW + 1] * risky)}
    sure = CONFIDENCE_ORDER if any(rule.min_confidence for rule in rules) else _SURE
    places = _places(rules, inventory)
    for kind in kinds:
        books = kind.effect is Effect.RECORD
        for touched, count, confidence, playbook, tier in product(
            [_BOOKS] if books else places,
            counts,
            _SURE if books else sure,
            _NO_PLAYBOOK if books else _PLAYBOOKS,
            (1, 3) if risky else (3,),
        ):
            yield Facts(
                tool=kind.name,
                effect=kind.effect,
                purpose="books" if books else "fix",
                reversible=kind.reversible,
                playbook=playbook,
                tainted=False,
                confidence=confidence,
                radius=Radius(
                    count=max(count, len(touched)),
                    services=frozenset(service for service, _ in touched),
                    environments=frozenset(environment for _, environment in touched),
                    tier=tier,
                ),
            )


def _places(rules: Sequence[Rule], inventory: Inventory) -> list[tuple[tuple[str, str], ...]]:
    """Services with their environments, as far as the rules tell them apart: alone, in pairs, and
    all that one rule names."""
    services = {name for rule in rules for name in rule.services or ()} | {_ELSE}
    environments = {name for rule in rules for name in rule.environments or ()} | {_ELSE}
    known = inventory.services
    single = [
        (service, environment)
        for service in sorted(services)
        for environment in sorted(
            {known[service].environment} if service in known else environments
        )
    ]
    whole = [
        tuple(place for place in single if place[0] in rule.services)
        for rule in rules
        if rule.services
    ]
    return [*((one,) for one in single), *combinations(single, 2), *whole]
