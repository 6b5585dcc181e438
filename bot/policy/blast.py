"""Blast radius: what a dry run would touch, looked up in the inventory."""

from __future__ import annotations

from bot.policy.facts import Radius
from bot.policy.inventory import Inventory
from tools.kit.types import DryRun, Effect

_BOOKS = "books"


def blast(dry_run: DryRun, effect: Effect, inventory: Inventory) -> Radius:
    """Count the targets of `dry_run` and name the services behind them.

    A ticket is no part of the running system, so `record` touches no service.
    """
    names = sorted({target.name for target in dry_run.targets})
    if effect is Effect.RECORD:
        return Radius(
            count=len(names),
            services=frozenset({_BOOKS}),
            environments=frozenset({_BOOKS}),
            tier=9,
        )
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
