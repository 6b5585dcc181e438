"""How services hang together, by the inventory's `depends_on`. Pure."""

from __future__ import annotations

from bot.policy.inventory import Inventory


def foundations(service: str, inventory: Inventory, most_hops: int) -> dict[str, int]:
    """What the service rests on, and over how many hops, up to `most_hops`; itself at none."""
    found = {service: 0}
    edge = [service]
    for hops in range(1, most_hops + 1):
        known = (inventory.services[name] for name in edge if name in inventory.services)
        edge = [name for entry in known for name in entry.depends_on if name not in found]
        found.update(dict.fromkeys(edge, hops))
    return found


def surroundings(service: str, inventory: Inventory) -> list[str]:
    """Whose changes may be felt by the service, itself first: what it rests on over two hops, and
    who rests directly on it or beside it on the same.
    """
    below = foundations(service, inventory, 2)
    direct = {service, *foundations(service, inventory, 1)}
    beside = [
        name
        for name, entry in inventory.services.items()
        if name not in below and direct.intersection(entry.depends_on)
    ]
    return [*below, *beside]
