"""People follow incidents and services, stop following, and say when they are not to be told."""

from __future__ import annotations

from typing import Protocol

from bot.domain.following import Pace, Subscription
from bot.domain.ports import Clock, Follows, Ledger
from bot.domain.refusals import CommandRefusedError
from bot.incidents.quiet import Quiet
from bot.policy.inventory import Inventory

MOST_FOLLOWED = 100
"""By one person: each is looked at whenever followers are told."""


class Doors(Protocol):
    """Who may look into which channel, asked of Slack."""

    async def eligible(self, user: str) -> bool:
        """A full member of the workspace: no bot, no guest, not deactivated."""

    async def may_see(self, user: str, channel: str) -> bool: ...

    async def is_ours_alone(self, channel: str) -> bool:
        """Whether nobody of another organisation reads it."""

    async def is_in(self, channel: str) -> bool:
        """Whether opsbot can post there."""

    async def zone(self, user: str) -> tuple[str, int]:
        """A person's time zone and its seconds off UTC, now."""


class Following:
    """Checks who may before anything is saved; the courier checks again before it tells."""

    def __init__(
        self,
        follows: Follows,
        ledger: Ledger,
        inventory: Inventory,
        doors: Doors,
        channel: str,
        clock: Clock,
    ) -> None:
        """`channel`: where incidents open; who can't look in there can't follow."""
        self._follows = follows
        self._ledger = ledger
        self._inventory = inventory
        self._doors = doors
        self._channel = channel
        self._clock = clock

    async def follow(
        self, user: str, target: str, place: str | None = None, pace: Pace = "milestones"
    ) -> Subscription:
        """`place`: a channel's id; None for direct messages. Raises CommandRefusedError."""
        if not await self._doors.eligible(user):
            raise CommandRefusedError("only full members of the workspace can follow")
        if not await self._doors.may_see(user, self._channel):
            raise CommandRefusedError("only those who can see the incidents' channel can follow")
        if place and not await self._doors.may_see(user, place):
            raise CommandRefusedError(
                "you are not in that channel, so you can't have it told there"
            )
        if place and not await self._doors.is_in(place):
            raise CommandRefusedError(
                "I am not in that channel: type `/invite @opsbot` there, then follow again"
            )
        if place and not await self._doors.is_ours_alone(place):
            raise CommandRefusedError(
                "people of another organisation read that channel, so nothing is told there"
            )
        known = await self.target(target)
        if len(await self.followed(user)) >= MOST_FOLLOWED:
            raise CommandRefusedError(
                f"you follow {MOST_FOLLOWED} things, which is as many as can be: unfollow one first"
            )
        subscription = Subscription(
            user=user, target=known, place=place or user, pace=pace, since=self._clock()
        )
        await self._follows.add(subscription)
        return subscription

    async def target(self, name: str) -> str:
        """The incident or service that is meant. Raises CommandRefusedError."""
        if not name:
            raise CommandRefusedError("say what to follow: an incident, `INC-12`, or a service")
        incident = await self._ledger.load(name.upper())
        if incident.exists:
            return incident.id
        found = self._inventory.service_of(name)
        if found is None:
            services = ", ".join(sorted(self._inventory.services)[:10]) or "none is known"
            raise CommandRefusedError(
                f"{name!r} is no incident and no service that I know (services: {services})"
            )
        return found

    async def unfollow(self, user: str, target: str) -> tuple[Subscription, ...]:
        """What is no longer followed; `all` for everything. Raises CommandRefusedError."""
        if target.lower() == "all":
            return await self._follows.remove(user, None)
        # A service that has left the inventory can still be left.
        gone = await self._follows.remove(user, target.upper())
        return gone or await self._follows.remove(user, await self.target(target))

    async def followed(self, user: str) -> tuple[Subscription, ...]:
        return tuple(s for s in await self._follows.all() if s.user == user)

    async def quiet(self, user: str) -> Quiet | None:
        return read_quiet(await self._follows.quiet(user))

    async def keep_quiet(self, user: str, hours: str) -> Quiet | None:
        """`22:00-07:00` in the person's own zone, or `off`. Raises QuietHoursError."""
        if hours.strip().lower() == "off":
            await self._follows.set_quiet(user, None)
            return None
        Quiet.parse(hours)
        zone, offset = await self._doors.zone(user)
        quiet = Quiet.parse(hours, zone, offset)
        await self._follows.set_quiet(user, quiet.model_dump_json())
        return quiet


def read_quiet(saved: str | None) -> Quiet | None:
    return None if saved is None else Quiet.model_validate_json(saved, extra="ignore")
