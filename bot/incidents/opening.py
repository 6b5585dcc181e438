"""A person opens an incident by hand."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from bot.domain import commands as c
from bot.domain.incident import Incident
from bot.domain.ports import Claim, ConflictError, Directory
from bot.domain.refusals import CommandRefusedError
from bot.domain.values import Alert, Severity
from bot.incidents.service import Incidents
from bot.policy.inventory import Inventory
from tools.kit.types import Frozen

SOURCE = "slack"
"""Of the alert that stands for what a person saw."""
MOST_OPENED = 10
"""By one person …"""
OPENED_WITHIN = timedelta(minutes=10)
"""… in so long: each is looked into, called for and posted."""
_TITLE = 150
_TEXT = 3000


class Opened(Frozen):
    """The incident, and whether this call opened it or somebody had before."""

    incident: Incident
    fresh: bool


class Opening:
    """What was opened once is not opened again: the same fingerprint gives the same incident.

    It joins no other that is open, for a person said that it is one of its own; later alerts of its
    service join it as any other.

    Weakness: how many somebody opened is counted in each process by itself.
    """

    def __init__(self, incidents: Incidents, inventory: Inventory, directory: Directory) -> None:
        self._incidents = incidents
        self._inventory = inventory
        self._directory = directory
        self._opened: dict[str, deque[datetime]] = {}

    @property
    def services(self) -> tuple[str, ...]:
        """What it may be about, by name."""
        return tuple(sorted(self._inventory.services))

    def named_in(self, text: str) -> str:
        """The service that a sentence names first; empty where it names none."""
        return self._inventory.named_in(text) or ""

    async def require(self, user: str) -> None:
        """Raises CommandRefusedError for guests and bots."""
        if not await self._directory.eligible(user):
            raise CommandRefusedError("only full members of the workspace can open an incident")

    async def by_hand(
        self,
        text: str,
        severity: Severity,
        user: str,
        *,
        fingerprint: str,
        service: str = "",
        title: str = "",
    ) -> Opened:
        """Open one about `text`, which is its title too where none is given.

        `fingerprint`: where it was asked for, the same when the same is sent twice. `service`: any
        name that the inventory knows; empty for none. Raises CommandRefusedError.
        """
        await self.require(user)
        headline = " ".join((title or text).split())
        if not headline:
            raise CommandRefusedError("say what is wrong, in a few words")
        known = await self.known(fingerprint)
        if known:
            return Opened(incident=known, fresh=False)
        headline = _cut(headline, _TITLE)
        found = self._service(service)
        self._count(user)
        entry = self._inventory.services.get(found)
        now = self._incidents.clock()
        alert = Alert(
            fingerprint=fingerprint,
            source=SOURCE,
            status="firing",
            title=headline,
            annotations={"description": text[:_TEXT]} if text.strip() != headline else {},
            starts_at=now,
            severity=severity,
            service=found,
            environment=entry.environment if entry else "",
        )
        opening = c.OpenIncident(
            at=now, actor=user, alert=alert, impact=entry.impact if entry else ""
        )
        claim = Claim(fingerprint=fingerprint, starts_at=now)
        incident_id = await self._incidents.ledger.new_id()
        try:
            incident = await self._incidents.handle(incident_id, opening, claims=[claim])
        except ConflictError:
            known = await self.known(fingerprint)
            if known is None:
                raise
            return Opened(incident=known, fresh=False)
        return Opened(incident=incident, fresh=True)

    async def known(self, fingerprint: str) -> Incident | None:
        """What was opened with it before, though it may be over."""
        holder = await self._incidents.ledger.holder(fingerprint)
        return await self._incidents.ledger.load(holder.incident) if holder else None

    def _count(self, user: str) -> None:
        """Raises CommandRefusedError where it is one too many."""
        now = self._incidents.clock()
        times = self._opened.setdefault(user, deque(maxlen=MOST_OPENED))
        if len(times) == MOST_OPENED and now - times[0] < OPENED_WITHIN:
            until = (times[0] + OPENED_WITHIN).astimezone()
            raise CommandRefusedError(
                f"you opened {MOST_OPENED} incidents within"
                f" {OPENED_WITHIN.total_seconds() / 60:.0f} minutes; the next can be opened at"
                f" {until:%H:%M}, by anybody else at once"
            )
        times.append(now)

    def _service(self, name: str) -> str:
        if not name:
            return ""
        found = self._inventory.service_of(name)
        if found is None:
            there = ", ".join(self.services[:10]) or "none"
            raise CommandRefusedError(f"there is no service {name!r}; there are: {there}")
        return found


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
