"""Enqueues again whatever the ledger says is due: a lost queue loses no work."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime

from bot.domain.ports import Clock, Ledger, Queue
from bot.incidents.cancellation import end_if_cancelled
from bot.incidents.pace import NORMAL, Pace

log = logging.getLogger(__name__)
_EVERY_SECONDS = 0.25


class Sweeper:
    """May run in every process at once: the queue folds what is enqueued twice."""

    def __init__(self, ledger: Ledger, queue: Queue, clock: Clock, pace: Pace = NORMAL) -> None:
        self._ledger = ledger
        self._queue = queue
        self._clock = clock
        self._again = pace.enqueue_again
        self.swept_at: datetime | None = None
        """When a sweep last came to its end."""

    async def run(self) -> None:
        well = True
        while True:
            try:
                await self.sweep()
                well = True
            except Exception:
                if well:
                    log.exception("the sweep failed; it is tried again")
                well = False
            end_if_cancelled()
            await asyncio.sleep(_EVERY_SECONDS)

    async def sweep(self) -> int:
        """Enqueue what is due; how much that was."""
        now = self._clock()
        due = await self._ledger.due(now, 200)
        for work in due:
            await self._ledger.defer(work, now + self._again)
        await self._queue.enqueue(due)
        self.swept_at = now
        return len(due)
