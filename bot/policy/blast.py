"""Blast radius: what a dry run would touch, looked up in the inventory."""

from __future__ import annotations

from collections.abc import Iterable

from bot.policy.facts import Radius
from bot.policy.inventory import Inventory
from tools.kit.types import DryRun, Effect, Target

_BOOKS = "books"


def blast(dry_run: DryRun, effect: Effect, inventory: Inventory) -> Radius:
    """Count the targets of `dry_run` and name the services behind them.

    A ticket is no part of the running system, so `record` touches no service.
    """
    if effect is Effect.RECORD:
        return Radius(
            count=len({target.name for target in dry_run.targets}),
            services=frozenset({_BOOKS}),
            environments=frozenset({_BOOKS}),
            tier=9,
        )
    return radius_of(dry_run.targets, inventory)


def radius_of(targets: Iterable[Target], inventory: Inventory) -> Radius:
    """How far these parts of the running system reach, each name counted once."""
    names = sorted({target.name for target in targets})
    found = {name: inventory.service_of(name) for name in names}
    services = frozenset(s for s in found.values() if s)
    entries = [inventory.services[s] for s in services]
    return Radius(
        count=len(names),
        services=services,
        environments=frozenset(entry.environment for entry in entries),
        tier=min((entry.tier for entry in entries), default=1),
        unknown=tuple(name for name, service in found.items() if service is None),
    )
