"""Finds what a policy file says in vain: rules that can never match, names that nobody has. Pure.

Whether a rule can match is tried out: over one step of each kind that the rules, the tools and the
inventory can tell apart, and nothing else. A rule that decides none of them never will.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from bot.policy.approvals import FROM_SETTINGS
from bot.policy.inventory import Inventory
from bot.policy.rules import Policy
from bot.policy.selectors import GLOB, named
from bot.policy.steps import OF_TOMORROW, Kind, alike, every_step
from tools.kit.catalog import Catalog
from tools.kit.types import Effect


def lint(
    policy: Policy, tools: Catalog, inventory: Inventory | None, approvers: tuple[str, ...]
) -> tuple[str, ...]:
    """Each problem in a line. Without an inventory no service or environment is unknown."""
    writes = [Kind.of(tool) for tool in tools if tool.effect is not Effect.READ]
    return tuple(
        chain(
            _unknown_tools(policy, [kind.name for kind in writes]),
            _unknown_places(policy, inventory) if inventory else (),
            _nobody_asked(policy, approvers),
            _in_vain(policy, writes, inventory or Inventory()),
        )
    )


def _unknown_tools(policy: Policy, known: Sequence[str]) -> Iterator[str]:
    for rule in policy.rules:
        for pattern in rule.tools or ():
            if not any(named(pattern, name) for name in known):
                what = "glob matches no tool" if pattern.startswith(GLOB) else "no such tool"
                yield f"rule {rule.id!r}: {what}: {pattern!r}; there are: {', '.join(known)}"


def _unknown_places(policy: Policy, inventory: Inventory) -> Iterator[str]:
    environments = {entry.environment for entry in inventory.services.values()}
    scopes = [
        *((f"rule {rule.id!r}", rule.services, rule.environments) for rule in policy.rules),
        *((f"freeze {f.id!r}", f.services, f.environments) for f in policy.freezes),
        ("autonomy", tuple(policy.autonomy.services), None),
    ]
    for where, services, places in scopes:
        for name in services or ():
            if name not in inventory.services:
                owner = inventory.service_of(name)
                hint = f"; it is part of {owner!r}" if owner else ""
                yield f"{where}: the inventory has no service {name!r}{hint}"
        for name in places or ():
            if name not in environments:
                there = ", ".join(sorted(environments)) or "none"
                yield f"{where}: the inventory has no environment {name!r}; there are: {there}"


def _nobody_asked(policy: Policy, approvers: tuple[str, ...]) -> Iterator[str]:
    for rule in policy.rules:
        if rule.forbids or approvers:
            continue
        lists = (
            [rule.approvers]
            if isinstance(rule.approvals, int)
            else [group.who for group in rule.approvals]
        )
        asks = rule.then == "ask" or rule.effects != frozenset({Effect.RECORD})
        if asks and any(set(who) == {FROM_SETTINGS} for who in lists):
            yield f"rule {rule.id!r}: nobody may approve it: OPSBOT_APPROVERS names no one"


def _in_vain(policy: Policy, writes: Sequence[Kind], inventory: Inventory) -> Iterator[str]:
    """Rules that decide nothing, and tools that no rule decides on."""
    groups = alike(policy.rules, [*writes, *OF_TOMORROW])
    deciding: set[str] = set()
    before: dict[str, set[str]] = {rule.id: set() for rule in policy.rules}
    covered: set[str] = set()
    for facts in every_step(policy.rules, [kinds[0] for kinds in groups], inventory):
        matching = [rule.id for rule in policy.rules if rule.matches(facts)]
        deciding.update(matching[:1])
        for later in matching[1:]:
            before[later].add(matching[0])
        covered.update([facts.tool] if matching else [])
    known = [kind.name for kind in writes]
    for rule in policy.rules:
        unknown = rule.tools and not any(named(t, name) for t in rule.tools for name in known)
        if rule.id in deciding or unknown:
            continue
        others = ", ".join(repr(each.id) for each in policy.rules if each.id in before[rule.id])
        why = f"what it is for is decided before by {others}" if others else _CONTRADICTS
        yield f"rule {rule.id!r} can never match: {why}"
    for kinds in groups:
        for kind in kinds:
            if kinds[0].name not in covered and kind.name in known:
                yield f"no rule covers the tool {kind.name!r}: it is always denied"


_CONTRADICTS = "no step can meet all of its conditions at once"
