"""The feature store cuts its answers short, so a damaged churn model arrives at the job."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bot.sandbox.company.job import Run

if TYPE_CHECKING:
    from bot.sandbox.company.company import Company

JOB = "customer_churn_scoring"
INSTANCE = "feature-store-1"
DEGRADED_FOR_SECONDS = 25 * 60


async def play(company: Company) -> Run:
    """Degrade the feature store since 25 minutes, then run the scoring job, which fails on it."""
    since = time.time() - DEGRADED_FOR_SECONDS
    await company.trouble(INSTANCE, "degrade", since)
    for minute in range(0, 25, 4):
        company.logs.append(
            "feature-store", "error",
            "upstream object store reset the connection after 60000 bytes, response truncated",
            at=since + minute * 60 + 11, host=INSTANCE, instance=INSTANCE,
        )  # fmt: skip
        company.logs.append(
            "feature-store", "warn", "request queue above 80% of its limit, shedding with 503",
            at=since + minute * 60 + 23, host=INSTANCE, instance=INSTANCE,
        )  # fmt: skip
    return await company.scheduler.run_scheduled(JOB)
