"""replica-2 stalls 2.3 hours ago; tonight the revenue job, which reads from it, times out."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bot.sandbox.company.job import Run

if TYPE_CHECKING:
    from bot.sandbox.company.company import Company

JOB = "daily_revenue_aggregation"
REPLICA = "replica-2"
STALLED_FOR_SECONDS = 2.3 * 3600
LOCK_HOLDER = "session 48121 (finance_backfill: ALTER TABLE daily_revenue)"


async def play(company: Company, *, fix_fails: bool) -> Run:
    """Stall, run, fail; with `fix_fails` the target table is locked too, which shows only later."""
    since = time.time() - STALLED_FOR_SECONDS
    await company.trouble(REPLICA, "stall", since)
    _remember(company, since)
    if fix_fails:
        company.warehouse.lock("daily_revenue", LOCK_HOLDER)
    return await company.scheduler.run_scheduled(JOB)


def _remember(company: Company, since: float) -> None:
    """The database's own log of the hours before, as its operators would find it."""
    told = [
        (0.0, "info", "restartpoint complete: wrote 412 buffers, distance 98304 kB"),
        (4.0, "warn", "replication apply worker stalled: waiting for AccessExclusiveLock"),
        (1800.0, "warn", "replication lag above 30 min, apply worker still waiting"),
        (7200.0, "warn", "replication lag above 2 h, read queries are queueing behind recovery"),
    ]
    for after, level, message in told:
        company.logs.append(
            "source-db", level, f"{REPLICA}: {message}", at=since + after,
            host=REPLICA, instance=REPLICA,
        )  # fmt: skip
