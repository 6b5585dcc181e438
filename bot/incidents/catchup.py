"""Makes up for webhooks that were missed: asks the senders that can be asked what fires now."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain.ports import Clock, Inbox, Ledger, Sender, Standing, StandingStore
from bot.domain.values import Alert
from bot.incidents.cancellation import end_if_cancelled
from bot.incidents.watchdog import is_watchdog
from tools.kit.errors import ToolError

log = logging.getLogger(__name__)
EVERY = timedelta(minutes=3)
"""Between two looks at a sender, over all replicas."""
APART = timedelta(minutes=1)
"""Least time between the two looks that have to miss an alert before it counts as over."""
_RETRY_SECONDS = 30.0
_LEASE_SECONDS = 60.0


class CatchUp:
    """What fires at a sender and isn't known here comes in as if its webhook had.

    What is held as firing here is cleared only where this sender was seen to hold it and two whole
    answers in a row don't: another Alertmanager may have sent it, and one that was restarted holds
    nothing for a minute. An answer that failed or has a gap clears nothing.
    """

    def __init__(
        self,
        senders: Sequence[Sender],
        inbox: Inbox,
        ledger: Ledger,
        store: StandingStore,
        clock: Clock,
    ) -> None:
        self._senders = senders
        self._inbox = inbox
        self._ledger = ledger
        self._store = store
        self._clock = clock
        self._failing: dict[str, str] = {}

    async def run(self) -> None:
        """Look at once, then slowly, until cancelled."""
        at_once = True
        while True:
            for sender in self._senders:
                await self._try(sender, at_once=at_once)
            at_once = False
            end_if_cancelled()
            await asyncio.sleep(_RETRY_SECONDS)

    async def _try(self, sender: Sender, *, at_once: bool) -> None:
        try:
            looked = await self.look(sender, at_once=at_once)
        except ToolError as error:
            if self._failing.get(sender.source) != str(error):
                log.warning("what fires at %s can't be asked: %s", sender.source, error)
            self._failing[sender.source] = str(error)
        except Exception:
            log.exception("catching up with %s failed; it is tried again", sender.source)
        else:
            if looked:
                self._failing.pop(sender.source, None)

    async def look(self, sender: Sender, *, at_once: bool = False) -> bool:
        """Look, unless another process does or, not `at_once`, did lately; whether it was done.

        Raises ToolError where the sender can't be asked.
        """
        lease = f"catchup|{sender.source}"
        token = await self._ledger.acquire(lease, _LEASE_SECONDS)
        if token is None:
            return False
        try:
            last = await self._store.looked(sender.source)
            if last and not at_once and self._clock() - last < EVERY:
                return False
            await self._compare(sender, await sender.standing())
        finally:
            await self._ledger.release(lease, token)
        return True

    async def _compare(self, sender: Sender, standing: Standing) -> None:
        now = self._clock()
        told = [alert for alert in standing.told if not is_watchdog(alert)]
        missed = [alert for alert in told if await self._is_news(alert)]
        there = {alert.fingerprint for alert in told} | standing.withheld
        seen = await self._store.standing(sender.source)
        held = await self._held(sender.source)
        gone = held.keys() & seen.keys() - there if standing.whole else set()
        over = [held[name] for name in sorted(gone) if _long_gone(seen[name], now)]
        if missed or over:
            log.warning(
                "%s: %d alerts were missed, %d ended unheard", sender.source, len(missed), len(over)
            )
            await self._inbox.put([*missed, *(_ended(alert, now) for alert in over)])
        after: dict[str, datetime | None] = dict.fromkeys(there)
        if standing.whole:
            after |= {name: seen[name] or now for name in gone}
        else:
            after = {**{name: seen[name] for name in seen.keys() & held.keys()}, **after}
        await self._store.save(sender.source, after, now)

    async def _is_news(self, alert: Alert) -> bool:
        holder = await self._ledger.holder(alert.fingerprint)
        return holder is None or alert.starts_at > holder.starts_at

    async def _held(self, source: str) -> dict[str, Alert]:
        """What fires here of that sender's alerts."""
        incidents = [await self._ledger.load(i) for i in await self._ledger.open_incidents()]
        firing = [alert for incident in incidents for alert in incident.firing]
        return {alert.fingerprint: alert for alert in firing if alert.source == source}


def _long_gone(since: datetime | None, now: datetime) -> bool:
    return since is not None and now - since >= APART


def _ended(alert: Alert, now: datetime) -> Alert:
    return alert.model_copy(update={"status": "resolved", "ends_at": now})
