"""Tells followers what happened, at their own pace, and in the morning what the night held back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from typing import Protocol

from bot.domain.crashpoints import crashpoint
from bot.domain.following import Notice, Subscription, notices
from bot.domain.ports import Clock, Follows, Ledger
from bot.incidents.cancellation import end_if_cancelled
from bot.incidents.following import read_quiet

log = logging.getLogger(__name__)
_EVERY_SECONDS = 15.0
_LEASE_SECONDS = 60.0
_LOOKED_AT = 200
"""The newest incidents; what followers of an older one missed is not told."""


class Herald(Protocol):
    """Posts notices where followers are told."""

    async def post(self, place: str, told: Sequence[Notice]) -> bool:
        """One message. False where that place can't be reached any more. Raises what may pass."""

    async def may_hear(self, place: str) -> bool:
        """Whether this person may still look into the incidents' channel; of a channel, whether it
        may still be told."""


class Courier:
    """One process at a time; what was posted is noted after, and found again after a crash."""

    def __init__(self, follows: Follows, ledger: Ledger, herald: Herald, clock: Clock) -> None:
        self._follows = follows
        self._ledger = ledger
        self._herald = herald
        self._clock = clock

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                await self.round()
            except Exception:
                log.exception("followers can't be told; it is tried again")
            end_if_cancelled()
            await asyncio.sleep(_EVERY_SECONDS)

    async def round(self) -> None:
        """Tell everybody what is due, unless another process does."""
        subscriptions = await self._follows.all()
        if not subscriptions:
            return
        token = await self._ledger.acquire("courier", _LEASE_SECONDS)
        if token is None:
            return
        try:
            due = await self._due(subscriptions)
            for place, told in due.items():
                if not await self._ledger.extend("courier", token, _LEASE_SECONDS):
                    return
                await self._tell(place, told, {s.user for s in subscriptions if s.place == place})
        finally:
            await self._ledger.release("courier", token)

    async def _due(self, subscriptions: Iterable[Subscription]) -> dict[str, list[Notice]]:
        """Place → what was not told there yet, oldest incident first."""
        now = self._clock()
        found: dict[str, list[Notice]] = {}
        for incident_id in sorted(await self._ledger.recent_incidents(_LOOKED_AT)):
            incident = await self._ledger.load(incident_id)
            following = [s for s in subscriptions if s.covers(incident)]
            if not following:
                continue
            decisions = await self._ledger.decisions(incident_id)
            everything = notices(incident, decisions, now)
            for place in sorted({s.place for s in following}):
                told = await self._follows.told(place, incident_id)
                here = [s for s in following if s.place == place]
                new = [
                    n for n in everything if n.key not in told and any(_wants(s, n) for s in here)
                ]
                found.setdefault(place, []).extend(new)
        return {place: new for place, new in found.items() if new}

    async def _tell(self, place: str, due: Sequence[Notice], followers: Iterable[str]) -> None:
        quiet = read_quiet(await self._follows.quiet(place))
        held = quiet is not None and quiet.holds(self._clock())
        told = [n for n in due if not held or n.severity == "sev1" or place in n.concerns]
        if not told:
            return
        try:
            if await self._may_hear(place, followers) and not await self._herald.post(place, told):
                log.warning("%s can't be told any more", place)
        except Exception as error:
            log.warning("%s could not be told, tried again: %s", place, error)
            return
        crashpoint("N1")
        for incident in dict.fromkeys(n.incident for n in told):
            keys = [n.key for n in told if n.incident == incident]
            await self._follows.tell(place, incident, keys)

    async def _may_hear(self, place: str, followers: Iterable[str]) -> bool:
        """A channel hears what one of those who had it told there may still be told."""
        if not await self._herald.may_hear(place):
            return False
        for user in followers:
            if user == place or await self._herald.may_hear(user):
                return True
        return False


def _wants(subscription: Subscription, notice: Notice) -> bool:
    return notice.at > subscription.since and (notice.milestone or subscription.pace == "all")
