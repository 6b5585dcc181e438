"""Stopping and resuming: everything, one service or one incident; and setting a breaker back."""

from __future__ import annotations

import re
from typing import Any

from bot.domain import commands as c
from bot.domain.controls import EVERYTHING, BreakerReset, Resumed, Stopped
from bot.domain.events import BreakerTripped
from bot.domain.ports import Controls, Directory
from bot.domain.refusals import CommandRefusedError
from bot.incidents.approvals import require_one_of
from bot.incidents.service import Incidents
from bot.policy.inventory import Inventory
from tools.kit.types import Frozen

_LONGEST_REASON = 500


class Hand(Frozen):
    """Who is at the brakes, and why."""

    by: str
    """A user id, or `cli:<login>`."""
    name: str
    """How they are called, plain."""
    reason: str


class Brakes:
    """What stops stays stopped, over restarts too, until somebody resumes it."""

    def __init__(self, incidents: Incidents, controls: Controls, inventory: Inventory) -> None:
        self._incidents = incidents
        self.controls = controls
        self._inventory = inventory

    async def scope(self, word: str) -> str | None:
        """The scope that somebody means: `all`, an incident's id, or the service behind a name of
        the inventory. None where it is none; what is stopped or tripped now always is one."""
        if word.lower() in (EVERYTHING, "everything"):
            return EVERYTHING
        if re.fullmatch(r"INC-\d+", word, re.IGNORECASE):
            return word.upper()
        service = self._inventory.service_of(word)
        if service:
            return service
        held = {*await self.controls.stopped(), *await self.controls.tripped()}
        return word if word in held else None

    @property
    def services(self) -> tuple[str, ...]:
        return tuple(sorted(self._inventory.services))

    async def stop(self, scope: str, hand: Hand) -> Stopped:
        """Stop it. The stop that stands: an earlier one, where it was stopped already.

        Raises CommandRefusedError where there is no such incident, or it is over.
        """
        given = self._given(hand)
        if not scope.startswith("INC-"):
            return await self.controls.stop(Stopped(**given, scope=scope))
        incident = await self._incidents.handle(scope, c.StopIncident(**given))
        stop = incident.stop
        if stop is None:
            raise CommandRefusedError(f"{scope} was resumed in the same moment; look again")
        return Stopped(
            at=stop.at, actor=stop.actor, name=stop.name, reason=stop.reason, scope=scope
        )

    async def resume(self, scope: str, hand: Hand) -> tuple[Stopped | BreakerTripped, ...]:
        """Lift the stop and set the breaker back; what was lifted, none where nothing was."""
        given = self._given(hand)
        if scope.startswith("INC-"):
            standing = (await self.controls.stopped()).get(scope)
            await self._incidents.handle(scope, c.ResumeIncident(**given))
            return (standing,) if standing else ()
        lifted = (
            await self.controls.resume(Resumed(**given, scope=scope)),
            await self.controls.reset(BreakerReset(**given, scope=scope)),
        )
        return tuple(each for each in lifted if each)

    def _given(self, hand: Hand) -> dict[str, Any]:
        return {
            "at": self._incidents.clock(),
            "actor": hand.by,
            "name": hand.name,
            "reason": hand.reason[:_LONGEST_REASON],
        }


class MembersBrakes:
    """The brakes in the hands of a chat's members: any full member stops, approvers resume."""

    def __init__(self, brakes: Brakes, directory: Directory, approvers: tuple[str, ...]) -> None:
        self.brakes = brakes
        self._directory = directory
        self._approvers = approvers

    async def stop(self, scope: str, user: str, reason: str) -> Stopped:
        """Raises CommandRefusedError for guests and bots."""
        if not await self._directory.eligible(user):
            raise CommandRefusedError("only full members of the workspace can stop me")
        return await self.brakes.stop(scope, await self._hand(user, reason))

    async def resume(
        self, scope: str, user: str, reason: str
    ) -> tuple[Stopped | BreakerTripped, ...]:
        """Raises NotAllowedError for whoever is not an approver of the settings."""
        await require_one_of(self._directory, self._approvers, user, act="resume")
        return await self.brakes.resume(scope, await self._hand(user, reason))

    async def _hand(self, user: str, reason: str) -> Hand:
        return Hand(by=user, name=await self._directory.name(user), reason=reason)
