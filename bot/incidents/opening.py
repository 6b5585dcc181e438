"""Opens an incident by hand: somebody saw it before any alert did."""

from __future__ import annotations

import re

from bot.domain import commands as c
from bot.domain.incident import Incident
from bot.domain.ports import Claim, ConflictError, Directory
from bot.domain.refusals import CommandRefusedError
from bot.domain.values import Alert, Severity
from bot.incidents.service import Incidents
from bot.policy.inventory import Inventory

SOURCE = "slack"
_TITLE = 300
_LONGEST = 4000


class Opening:
    """Asked for twice by the same message or click, it is opened once."""

    def __init__(self, incidents: Incidents, directory: Directory, inventory: Inventory) -> None:
        self._incidents = incidents
        self._directory = directory
        self._inventory = inventory

    async def open(
        self,
        user: str,
        text: str,
        severity: Severity | None = None,
        *,
        once: str,
        url: str | None = None,
    ) -> Incident:
        """The incident. It is investigated like any other, and ends when somebody resolves it.

        `once`: id of the message or click that asks for it. `url`: where the message stands.
        Raises CommandRefusedError for guests, bots and an empty text.
        """
        if not await self._directory.eligible(user):
            raise CommandRefusedError("only full members of the workspace can open an incident")
        words = " ".join(text.split())
        if not words:
            raise CommandRefusedError("say what is wrong, in a few words")
        ledger, now = self._incidents.ledger, self._incidents.clock()
        service = named_service(words, self._inventory)
        known = self._inventory.services.get(service or "")
        alert = Alert(
            fingerprint=f"{SOURCE}:{once}",
            source=SOURCE,
            status="firing",
            title=words[:_TITLE],
            annotations={"description": text.strip()[:_LONGEST]} if len(words) > _TITLE else {},
            starts_at=now,
            url=url,
            severity=severity or "sev3",
            service=service or "",
            environment=known.environment if known else "",
        )
        holder = await ledger.holder(alert.fingerprint)
        if holder:
            return await ledger.load(holder.incident)
        impact = known.impact if known else ""
        command = c.OpenIncident(at=now, actor=user, alert=alert, impact=impact)
        claim = Claim(fingerprint=alert.fingerprint, starts_at=now)
        try:
            return await self._incidents.handle(await ledger.new_id(), command, claims=[claim])
        except ConflictError:
            holder = await ledger.holder(alert.fingerprint)
            if holder is None:
                raise
            return await ledger.load(holder.incident)


def named_service(text: str, inventory: Inventory) -> str | None:
    """The service that `text` names first: itself, a job, an instance or an alias of it."""
    found = [
        (name_at.start(), -len(name), service)
        for service, entry in inventory.services.items()
        for name in (service, *entry.jobs, *entry.instances, *entry.aliases)
        if (name_at := re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text, re.IGNORECASE))
    ]
    return min(found)[2] if found else None
