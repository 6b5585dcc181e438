"""Someone lets the export read orders over far too many connections; all that needs the database
waits in vain."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from bot.sandbox.company import orders

if TYPE_CHECKING:
    from bot.sandbox.company.company import Company

PARAMETER, USUAL, TOO_MANY = "parallelism", "4", "48"
BY = "lena"
WELL_FOR_SECONDS = 3.0
"""How long everything is well first, so that logs, traces and metrics know how that looks."""
PATIENCE_SECONDS = 60.0


async def play(company: Company) -> list[str]:
    """Change the parameter, then wait until what follows from it has raised its three alerts.

    Returns the alerts' names in the order in which they fired; TimeoutError where they don't.
    """
    await company.start_orders()
    await asyncio.sleep(WELL_FOR_SECONDS)
    key = f"{orders.JOB.id}.{PARAMETER}"
    company.scheduler.variables[key] = (TOO_MANY, company.scheduler.variables[key][1])
    company.changes.parameter(orders.JOB.id, orders.JOB.service, PARAMETER, USUAL, TOO_MANY, BY)
    changed_at = time.time()
    names = {rule.name for rule in orders.RULES}
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            firing = [
                alert
                for alert in company.alerts.alerts.values()
                if alert.labels["alertname"] in names
                and alert.ends_at is None
                and alert.starts_at >= changed_at
            ]
            if len(firing) == len(names):
                firing.sort(key=lambda alert: alert.starts_at)
                return [alert.labels["alertname"] for alert in firing]
            await asyncio.sleep(0.1)
