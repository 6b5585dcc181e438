"""Turns alerts of the inbox into incidents: folded by fingerprint, correlated, closed."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.crashpoints import crashpoint
from bot.domain.incident import Incident
from bot.domain.ports import Claim, ConflictError, Inbox
from bot.domain.refusals import CommandRefusedError
from bot.domain.values import Alert
from bot.incidents.cancellation import end_if_cancelled
from bot.incidents.correlate import correlate
from bot.incidents.service import Incidents
from bot.incidents.watchdog import is_watchdog
from bot.policy.inventory import Inventory

log = logging.getLogger(__name__)


class Intake:
    """One process at a time empties the inbox, so that two alerts can't open one incident twice.

    An entry leaves the inbox only after the ledger holds what it said.
    """

    def __init__(
        self,
        inbox: Inbox,
        incidents: Incidents,
        inventory: Inventory,
        hear: Callable[[Alert], Awaitable[None]] | None = None,
    ) -> None:
        """`hear` is told of each sign of life, which opens no incident."""
        self._inbox = inbox
        self._incidents = incidents
        self._inventory = inventory
        self._hear = hear

    async def run(self) -> None:
        """Work until cancelled; waits its turn while another process does it."""
        while True:
            try:
                await self._turn()
            except Exception:
                log.exception("the inbox can't be emptied; it is tried again")
            end_if_cancelled()
            await asyncio.sleep(1)

    async def _turn(self) -> None:
        """Empty the inbox for as long as nobody else does."""
        ledger, seconds = self._incidents.ledger, self._incidents.pace.lease_seconds
        token = await ledger.acquire("intake", seconds)
        if token is None:
            return
        held = partial(ledger.extend, "intake", token, seconds)
        try:
            while await held():
                await self.drain(wait_seconds=2, held=held)
                end_if_cancelled()
        finally:
            await ledger.release("intake", token)

    async def drain(
        self, *, wait_seconds: float, held: Callable[[], Awaitable[bool]] | None = None
    ) -> int:
        """Handle what is there, waiting up to `wait_seconds` for a first entry; how many.

        `held` renews the lease before each, for a storm takes longer than it lasts; once it is
        lost, the rest is another's. An alert that can't be handled keeps back its own kind alone;
        what it failed with is raised once the others are handled.
        """
        entries = await self._inbox.take(50, wait_seconds)
        failed: dict[str, Exception] = {}
        repeats: Counter[str] = Counter()
        for number, (entry, alert) in enumerate(entries):
            if held and not await held():
                return number
            if alert.fingerprint in failed:
                continue
            crashpoint("W3")
            try:
                repeated = await self._take_in(alert)
                await self._inbox.done(entry)
                repeats.update([repeated] if repeated else [])
            except Exception as error:
                failed[alert.fingerprint] = error
        for incident, count in repeats.items():
            told = e.AlertRepeated(at=self._incidents.clock(), actor="opsbot", count=count)
            await self._incidents.ledger.note(incident, told)
        if failed:
            raise next(iter(failed.values()))
        return len(entries)

    async def _take_in(self, alert: Alert) -> str | None:
        try:
            return await self._take(alert)
        except CommandRefusedError:
            # Its incident was resolved between two reads: look again, it may open another.
            return await self._take(alert)

    async def _take(self, alert: Alert) -> str | None:
        """The incident of which it is a mere repeat; None for news, and for what opens nothing."""
        if is_watchdog(alert):
            if self._hear:
                await self._hear(alert)
            return None
        ledger, now = self._incidents.ledger, self._incidents.clock()
        holder = await ledger.holder(alert.fingerprint)
        if alert.status == "resolved":
            if holder and holder.open and alert.starts_at >= holder.starts_at:
                clear = c.ClearAlert(
                    at=now,
                    actor=alert.source,
                    fingerprint=alert.fingerprint,
                    starts_at=alert.starts_at,
                )
                await self._incidents.handle(holder.incident, clear)
            return None
        if holder and not holder.open and alert.starts_at <= holder.starts_at:
            log.info("%s: a late 'firing' of %s", holder.incident, alert.fingerprint)
            return None
        claim = Claim(fingerprint=alert.fingerprint, starts_at=alert.starts_at)
        if holder and holder.open:
            incident_id = holder.incident
            await self._incidents.handle(
                incident_id, c.JoinAlert(at=now, actor=alert.source, alert=alert), claims=[claim]
            )
            return incident_id if alert.starts_at <= holder.starts_at else None
        related = correlate(alert, await self._open_incidents(), self._inventory)
        command: c.Command
        if related:
            command = c.JoinAlert(at=now, actor=alert.source, alert=alert)
        else:
            known = self._inventory.services.get(alert.service)
            impact = known.impact if known else ""
            command = c.OpenIncident(at=now, actor=alert.source, alert=alert, impact=impact)
        try:
            await self._incidents.handle(related or await ledger.new_id(), command, claims=[claim])
        except ConflictError:
            taken = await ledger.holder(alert.fingerprint)
            if taken is None or not taken.open:
                raise
            log.info("%s was claimed meanwhile", alert.fingerprint)
        return None

    async def _open_incidents(self) -> list[Incident]:
        """One that can't be read, for it was tampered with, must not keep others from opening."""
        found: list[Incident] = []
        for incident_id in await self._incidents.ledger.open_incidents():
            try:
                found.append(await self._incidents.ledger.load(incident_id))
            except (ValueError, TypeError, KeyError):
                log.exception("%s can't be read: no alert joins it", incident_id)
        return found
