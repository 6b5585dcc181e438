"""Which service a question names, however it is spelt."""

from __future__ import annotations

import re

from bot.policy.inventory import Inventory


def service_in(text: str, inventory: Inventory) -> str | None:
    """`is the orders queue ok?` names orders-queue; of several names the longest. None for none."""
    said = _spaced(text)
    found = [
        (len(name), service)
        for service, entry in inventory.services.items()
        for name in (service, *entry.aliases, *entry.jobs, *entry.instances)
        if _spaced(name) in said
    ]
    return max(found)[1] if found else None


def _spaced(text: str) -> str:
    return f" {' '.join(re.findall(r'[a-z0-9]+', text.lower()))} "
