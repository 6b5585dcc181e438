"""Keeps Slack as the ledger says: woken by the feed, folds, reconciles slots."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError

from bot.domain.ports import Ledger, SlotStore
from bot.incidents.cancellation import end_if_cancelled
from bot.incidents.lease import leased
from bot.incidents.pace import Pace
from bot.incidents.smaller import Declared
from bot.incidents.storms import Storms
from bot.policy.inventory import Inventory
from bot.slack.directory import SlackDirectory
from bot.slack.feed import Feed
from bot.slack.posting.messages import Messages
from bot.slack.posting.rates import NotYetError
from bot.slack.posting.refused import ClosedError
from bot.slack.projection.callees import Callees
from bot.slack.projection.reconciler import Reconciler
from bot.slack.projection.storm_threads import StormThreads
from bot.slack.projection.threads import Threads

log = logging.getLogger(__name__)
_AT_ONCE = 8
_POLL_SECONDS = 1.0
_BREATH_SECONDS = 0.1
"""Between two looks at the feed: an investigation wakes it many times a second."""
_BACK_OFF_SECONDS = 2.0
_BACK_OFF_MOST_SECONDS = 15.0
_CROWD_SECONDS = 0.03
"""Longer that an edit which changes no state waits, for each incident that waits beside it."""
_CLOSED_SECONDS = 30.0
_STORM_SECONDS = 1.0
"""Between two looks at a storm, which changes with each of its incidents."""
_MOST = 5000
"""Incidents looked at in the feed: those that rest must not hide those behind them."""
_UNSHOWN_SECONDS = 60.0
"""After which what can't be shown is a reason to call people otherwise."""


class Projector:
    """Order within a thread holds with any number of replicas: each incident under a lease.

    After an hour without Slack it shows what is true then, not every line it missed.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        feed: Feed,
        store: SlotStore,
        messages: Messages,
        directory: SlackDirectory,
        channel: str,
        pace: Pace,
        standing_in: Sequence[str],
        declared: Declared,
        oncall: Sequence[str],
        inventory: Inventory,
    ) -> None:
        """`channel`: id of the channel in which incidents open. `standing_in`: who is called
        where nobody is behind the names that were to be. `declared`: what may be made smaller.
        `oncall`: who is called first. `inventory`: how critical which service is.
        """
        self._ledger = ledger
        self._feed = feed
        self._storms = Storms(feed)
        self._reconciler = Reconciler(store, messages, channel)
        callees = Callees(ledger, directory, standing_in)
        self._threads = Threads(
            ledger, store, self._storms, self._reconciler, directory, callees,
            declared=declared, oncall=tuple(oncall), inventory=inventory,
        )  # fmt: skip
        self._storm_threads = StormThreads(
            ledger, feed, store, self._storms, self._reconciler, directory, callees
        )
        self._lease_seconds = pace.lease_seconds
        self._woken = asyncio.Event()
        self._resting: dict[str, float] = {}
        self._busy: set[str] = set()
        self._failing: dict[str, float] = {}
        """Incident → since when it can't be shown."""

    async def trouble(self) -> str | None:
        """What people don't get to see, and so nobody is called for; None where all is shown."""
        now = asyncio.get_running_loop().time()
        late = sorted(i for i, since in self._failing.items() if now - since >= _UNSHOWN_SECONDS)
        told = [*self._reconciler.closed, *([f"{', '.join(late)} can't be shown"] if late else [])]
        return "; ".join(told) or None

    async def run(self) -> None:
        """Work until cancelled."""
        clock = asyncio.get_running_loop().time
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            while True:
                self._woken.clear()
                looked, pause = clock(), _POLL_SECONDS
                try:
                    pause = await self._round(tasks)
                except Exception:
                    log.exception("the feed can't be read; it is tried again")
                end_if_cancelled()
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._woken.wait()
                await asyncio.sleep(looked + _BREATH_SECONDS - clock())

    async def _listen(self) -> None:
        while True:
            try:
                async for _ in self._feed.wakes():
                    self._woken.set()
            except Exception:
                log.exception("the feed was cut; listening again")
            end_if_cancelled()
            await asyncio.sleep(_POLL_SECONDS)

    async def _round(self, tasks: asyncio.TaskGroup) -> float:
        """Start on what has changed; seconds until something that rests is due again."""
        now = asyncio.get_running_loop().time()
        pause = _POLL_SECONDS
        changed = await self._feed.changed(_MOST)
        # What another process has shown since is well.
        self._failing = {i: self._failing[i] for i, _ in changed if i in self._failing}
        for incident_id, sequence in changed:
            rest = self._resting.get(incident_id, 0) - now
            if rest > 0:
                pause = min(pause, rest)
            elif incident_id not in self._busy and len(self._busy) < _AT_ONCE:
                self._busy.add(incident_id)
                tasks.create_task(self._one(incident_id, sequence))
        return pause

    async def _one(self, incident_id: str, sequence: float) -> None:
        rest = 0.0
        try:
            # Slack may ask a call to wait for longer than the lease lasts, so it is renewed.
            lease = f"slack|{incident_id}"
            async with leased(self._ledger, lease, self._lease_seconds) as token:
                if token is None:
                    rest = _POLL_SECONDS
                    return
                await self.project(incident_id)
                await self._feed.projected(incident_id, sequence)
                rest = _STORM_SECONDS if self._storms.named(incident_id) else 0.0
                self._failing.pop(incident_id, None)
        except NotYetError as later:
            rest = later.seconds
            if not later.urgent:
                rest = max(rest, _CROWD_SECONDS * len(self._resting))
            if not self._reconciler.refuses(incident_id):
                self._failing.pop(incident_id, None)
        except ClosedError:
            rest = _CLOSED_SECONDS
        except Exception as error:
            if isinstance(error, SlackApiError | ClientError | TimeoutError | OSError):
                log.warning("%s: Slack doesn't take it, tried again: %s", incident_id, error)
            else:
                log.exception("%s can't be shown; it is tried again", incident_id)
            now = asyncio.get_running_loop().time()
            since = self._failing.setdefault(incident_id, now)
            rest = min(_BACK_OFF_SECONDS + (now - since) / 4, _BACK_OFF_MOST_SECONDS)
        finally:
            self._resting.pop(incident_id, None)
            if rest > 0:
                self._resting[incident_id] = asyncio.get_running_loop().time() + rest
            self._busy.discard(incident_id)
            self._woken.set()

    async def project(self, name: str) -> None:
        """Bring every message of an incident or a storm up to date. Raises what Slack raised.

        What changes in an incident of a storm is the storm's to show as well.
        """
        await self._storms.refresh()
        if self._storms.named(name):
            await self._storm_threads.show(name)
            return
        storm = self._storms.of(name)
        try:
            await self._threads.show(name)
        finally:
            if storm:
                await self._feed.touch(storm.id)
