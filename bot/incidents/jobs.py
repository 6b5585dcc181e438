"""Does one piece of work: takes its lease, runs its use case, lets the lease go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.domain import commands as c
from bot.domain.crashpoints import crashpoint
from bot.domain.work import Kind, Work, next_work
from bot.incidents.books import Books
from bot.incidents.calling import Calling
from bot.incidents.executor import Executor
from bot.incidents.investigation import Investigation
from bot.incidents.lease import leased
from bot.incidents.monitor import Monitor
from bot.incidents.recovery import Recovery
from bot.incidents.rollback import Rollback
from bot.incidents.service import Incidents

CALL_AFTER = 3
"""Failures of one piece of work after which a person is called."""
RETRY_SECONDS = 2.0
LONGEST_RETRY_SECONDS = 300.0
LONGEST_SECONDS, LONGEST_EFFECT_SECONDS = 840.0, 170.0
"""After which work counts as failed; a little before the queue would end it, which nobody counts.
"""

log = logging.getLogger(__name__)


class Jobs:
    """The fixed table of what a worker does. Work nobody waits for any more is dropped."""

    def __init__(
        self,
        incidents: Incidents,
        investigation: Investigation,
        executor: Executor,
        rollback: Rollback,
        recovery: Recovery,
        monitor: Monitor,
        books: Books,
        calling: Calling,
    ) -> None:
        self._incidents = incidents
        self._lease_seconds = incidents.pace.lease_seconds
        self._under_lease: dict[Kind, Callable[[Work, str], Awaitable[None]]] = {
            "execute": executor.execute,
            "undo": rollback.undo,
        }
        self._table: dict[Kind, Callable[[Work], Awaitable[None]]] = {
            "investigate": investigation.investigate,
            "diagnose": investigation.diagnose,
            "combine": investigation.combine,
            "hand_over": investigation.hand_over,
            "draft_words": investigation.draft_words,
            "replan": investigation.replan,
            "call_again": calling.call_again,
            "keep_books": books.keep,
            "expire": self._expire,
            "recover": recovery.recover,
            "recover_undo": recovery.recover_undo,
            "verify": monitor.verify,
            "verify_recovery": monitor.verify_recovery,
            "report": self._report,
        }

    async def run(self, key: str) -> None:
        """Do the work of that key, if the ledger still waits for it and nobody else does it."""
        crashpoint("Q2")
        async with leased(self._incidents.ledger, key, self._lease_seconds) as token:
            work = await self._waited_for(key) if token else None
            if token and work:
                await self._do(work, token)

    async def _do(self, work: Work, token: str) -> None:
        under_lease = self._under_lease.get(work.kind)
        try:
            async with asyncio.timeout(LONGEST_EFFECT_SECONDS if under_lease else LONGEST_SECONDS):
                if under_lease:
                    await under_lease(work, token)
                else:
                    await self._table[work.kind](work)
        except Exception as error:
            log.exception("%s failed", work.key)
            await self._failed(work, error)

    async def _failed(self, work: Work, error: Exception) -> None:
        """A defect of ours: try again ever more slowly, and call a person when it stays."""
        ledger, now = self._incidents.ledger, self._incidents.clock()
        times = await ledger.failed(work)
        pause = min(RETRY_SECONDS * 2**times, LONGEST_RETRY_SECONDS)
        await ledger.defer(work, now + timedelta(seconds=pause))
        if times >= CALL_AFTER:
            await self._call(work, error)

    async def _call(self, work: Work, error: Exception) -> None:
        """Call a person, unless that was done: the call itself may have failed the last time."""
        fails = f"opsbot itself fails at {work.kind}: "
        incident = await self._incidents.ledger.load(work.incident)
        if any(call.reason.startswith(fails) for call in incident.calls):
            return
        reason = f"{fails}{type(error).__name__}; see its log"
        call = c.CallPerson(at=self._incidents.clock(), reason=reason)
        await self._incidents.handle(work.incident, call)

    async def _waited_for(self, key: str) -> Work | None:
        incident = await self._incidents.ledger.load(key.partition("|")[0])
        return next((work for work in next_work(incident) if work.key == key), None)

    async def _expire(self, work: Work) -> None:
        now = self._incidents.clock()
        await self._incidents.handle(work.incident, c.ExpireApproval(at=now, plan_id=work.ref))

    async def _report(self, work: Work) -> None:
        await self._incidents.handle(work.incident, c.Report(at=self._incidents.clock()))
