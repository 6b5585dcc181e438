"""Watches the alert that always fires: its silence is an incident, for others may be lost too."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta

from bot.domain.ports import Clock, Heard, Inbox, Ledger, WatchStore
from bot.domain.values import Alert
from bot.incidents.cancellation import end_if_cancelled

log = logging.getLogger(__name__)
ALERT_NAME = "Watchdog"
"""As Prometheus' own rules call it; it fires for as long as alerts get from there to here."""
SOURCE = "opsbot"
_EVERY_SECONDS = 5.0
_LEASE_SECONDS = 15.0
_GAP = timedelta(seconds=30)
"""Without a look for this long, nobody was listening: the silence was ours."""
_EXPECTED = "expected"
"""Stands for a watchdog that the settings announce and that never came."""


def is_watchdog(alert: Alert) -> bool:
    """Whether it is a sign of life, which opens no incident."""
    return alert.source == "alertmanager" and alert.labels.get("alertname") == ALERT_NAME


class Watchdog:
    """Tells each silence exactly once, and its end, through the inbox like any other alert.

    May run in every process at once. Its state is in the store, the deadline is derived from it,
    and time in which no opsbot ran doesn't count.
    """

    def __init__(
        self,
        store: WatchStore,
        inbox: Inbox,
        ledger: Ledger,
        clock: Clock,
        *,
        seconds: float,
        expected: bool = False,
    ) -> None:
        """`seconds` without a sign of life are a silence. `expected`: also before the first one."""
        self._store = store
        self._inbox = inbox
        self._ledger = ledger
        self._clock = clock
        self._limit = timedelta(seconds=seconds)
        self._expected = expected

    async def hear(self, alert: Alert) -> None:
        """Note a sign of life; one that was resolved is none."""
        if alert.status == "firing":
            heard = Heard(at=self._clock(), labels=alert.labels)
            await self._store.hear(alert.fingerprint, heard)

    async def run(self) -> None:
        while True:
            try:
                await self.check()
            except Exception:
                log.exception("the watchdog can't be checked; it is tried again")
            end_if_cancelled()
            await asyncio.sleep(_EVERY_SECONDS)

    async def check(self) -> None:
        """Tell what fell silent and what is back, unless another process does."""
        token = await self._ledger.acquire("watchdog", _LEASE_SECONDS)
        if token is None:
            return
        try:
            await self._check()
        finally:
            await self._ledger.release("watchdog", token)

    async def _check(self) -> None:
        now = self._clock()
        listening = await self._store.listening(now, _GAP)
        heard = await self._store.heard()
        told = await self._store.silences()
        if self._expected and not heard:
            heard = {_EXPECTED: Heard(at=listening)}
        for name in heard.keys() | told.keys():
            sign, since = heard.get(name), told.get(name)
            last = max(sign.at, listening) if sign else None
            if since is not None:
                if sign is None or sign.at > since:
                    await self._tell(name, "resolved", since, sign)
                    await self._store.silence(name, None)
            elif last is not None and now - last > self._limit:
                log.warning("%s is silent since %s", name, last)
                # Told before it is noted: told twice it is still one incident.
                await self._tell(name, "firing", last, sign)
                await self._store.silence(name, last)

    async def _tell(self, name: str, status: str, since: datetime, sign: Heard | None) -> None:
        at = since.astimezone().strftime("%H:%M")
        alert = Alert.model_validate(
            {
                "fingerprint": f"{SOURCE}:watchdog:{name}",
                "source": SOURCE,
                "status": status,
                "title": f"Alertmanager has been silent since {at}: alerts may not reach us",
                "labels": sign.labels if sign else {},
                "annotations": {"description": _WHAT_TO_DO},
                "starts_at": since,
                "ends_at": self._clock() if status == "resolved" else None,
                "severity": "sev2",
            }
        )
        await self._inbox.put([alert])


_WHAT_TO_DO = (
    "Its Watchdog alert no longer arrives. Check Prometheus, Alertmanager and the way of its"
    " webhooks to opsbot; until then look at the dashboards."
)
