"""What people say of an incident itself: how bad it is, who commands it, over or not."""

from __future__ import annotations

from datetime import datetime

from bot.domain import commands as c
from bot.domain.incident import Incident
from bot.domain.ports import Claim, ConflictError, Directory
from bot.domain.refusals import CommandHeldError, CommandRefusedError
from bot.domain.values import Severity
from bot.incidents.service import Incidents

LONGEST = 500
"""Characters of a reason or a summary."""
_TRIES = 3


class Responders:
    """Any full member of the workspace may; nothing here starts anything.

    Each raises CommandRefusedError in words for whoever asked, also where nothing would change.
    """

    def __init__(self, incidents: Incidents, directory: Directory) -> None:
        self._incidents = incidents
        self._directory = directory

    async def set_severity(
        self, incident_id: str, user: str, severity: Severity, reason: str
    ) -> Incident:
        """With a reason, in a few words."""
        await self._require(user)

        def command(incident: Incident) -> c.ChangeSeverity:
            same = incident.severity == severity
            if incident.exists and same and not incident.resolved_at:
                raise CommandRefusedError(f"{incident_id} is {severity.upper()} already")
            return c.ChangeSeverity(
                at=self._now(), actor=user, severity=severity, reason=reason[:LONGEST]
            )

        return await self._incidents.handle(incident_id, command)

    async def take_command(self, incident_id: str, user: str) -> Incident:
        """Of what nobody commands, or as whoever was asked to."""
        await self._require(user)
        return await self._incidents.handle(incident_id, c.TakeCommand(at=self._now(), actor=user))

    async def accept(self, incident_id: str, user: str) -> Incident:
        """By whoever was asked, and by nobody else."""
        await self._require(user)

        def command(incident: Incident) -> c.TakeCommand:
            if user not in (incident.offered_to, incident.commander):
                raise CommandRefusedError("you were not asked to command, or no longer are")
            return c.TakeCommand(at=self._now(), actor=user)

        return await self._incidents.handle(incident_id, command)

    async def offer(self, incident_id: str, user: str, to: str) -> Incident:
        """Ask `to` to command from here; until they accept, whoever commands now does.

        Anybody may ask another, for a commander may have fallen asleep; nobody asks themselves.
        """
        await self._require(user)
        if not await self._directory.eligible(to):
            raise CommandRefusedError("only a full member of the workspace can command")

        def command(incident: Incident) -> c.OfferHandover:
            if to == user and incident.commander not in (None, user):
                raise CommandHeldError(incident_id, incident.commander or "")
            return c.OfferHandover(at=self._now(), actor=user, to=to)

        return await self._incidents.handle(incident_id, command)

    async def resolve(self, incident_id: str, user: str, summary: str) -> Incident:
        """What waits is void; refused while a fix is under way."""
        await self._require(user)

        def command(incident: Incident) -> c.Resolve:
            if incident.resolved_at:
                raise CommandRefusedError(f"{incident_id} is resolved already")
            if not summary.strip():
                raise CommandRefusedError("say how it ended, in a few words")
            return c.Resolve(at=self._now(), actor=user, summary=summary.strip()[:LONGEST])

        return await self._incidents.handle(incident_id, command)

    async def reopen(self, incident_id: str, user: str, reason: str) -> Incident:
        """It holds its alerts again, except those that another incident holds by now.

        An alert that cleared while it was resolved counts as firing until a person resolves it:
        nobody told an incident that was over.
        """
        await self._require(user)

        def command(incident: Incident) -> c.Reopen:
            if incident.exists and not incident.resolved_at:
                raise CommandRefusedError(f"{incident_id} is open")
            return c.Reopen(at=self._now(), actor=user, reason=reason[:LONGEST])

        for attempt in range(_TRIES):
            incident = await self._incidents.ledger.load(incident_id)
            try:
                return await self._incidents.handle(
                    incident_id, command, claims=await self._free(incident)
                )
            except ConflictError:  # an alert was taken by another incident meanwhile
                if attempt == _TRIES - 1:
                    raise
        raise AssertionError("unreachable")

    async def _free(self, incident: Incident) -> list[Claim]:
        claims = []
        for alert in incident.alerts.values():
            holder = await self._incidents.ledger.holder(alert.fingerprint)
            if holder and holder.open and holder.incident != incident.id:
                continue
            began = max(alert.starts_at, holder.starts_at) if holder else alert.starts_at
            claims.append(Claim(fingerprint=alert.fingerprint, starts_at=began))
        return claims

    async def _require(self, user: str) -> None:
        if not await self._directory.eligible(user):
            raise CommandRefusedError("only full members of the workspace can do that")

    def _now(self) -> datetime:
        return self._incidents.clock()
