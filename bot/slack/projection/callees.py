"""Whom a call reaches: the people behind its names when it was made, or somebody instead."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from slack_sdk.errors import SlackApiError

from bot.domain import events as e
from bot.domain.incident import Call, Incident
from bot.domain.ports import ROTA, Ledger, RotaUnreadableError
from bot.slack.directory import SlackDirectory
from bot.slack.posting.refused import away

log = logging.getLogger(__name__)
_MOST_DIRECT = 3
"""People told directly of one call; a whole team hears of it by the mention."""


class Callees:
    """Looks up who is called, and writes it down where it would not be the same tomorrow.

    A rota is read when its call is first shown. Where nobody is behind the names, or a rota can't
    be read, those who stand in are called: somebody always is.
    """

    def __init__(self, ledger: Ledger, directory: SlackDirectory, standing_in: Sequence[str]):
        """`standing_in`: user ids and group handles."""
        self._ledger = ledger
        self._directory = directory
        self._standing_in = standing_in

    async def find(
        self, incident: Incident, work: tuple[e.WorkEvent, ...]
    ) -> tuple[e.WorkEvent, ...]:
        """`work`, with who was found for each call that had to be looked up."""
        known = {w.call for w in work if isinstance(w, e.PeopleFound)}
        for number, call in enumerate(incident.calls, start=1):
            if number in known:
                continue
            found = await self._look_up(number, call)
            if found:
                await self._ledger.note(incident.id, found)
                work = (*work, found)
        return work

    def found(self, work: Iterable[e.WorkEvent], number: int) -> e.PeopleFound | None:
        """Who was found for that call, where its names had to be looked up."""
        known = [w for w in work if isinstance(w, e.PeopleFound) and w.call == number]
        return known[-1] if known else None

    async def reached(
        self, incident: Incident, work: Iterable[e.WorkEvent]
    ) -> dict[int, tuple[str, ...]]:
        """Who is told directly of each call: the first few of the people behind it."""
        found = {w.call: w.people for w in work if isinstance(w, e.PeopleFound)}
        return {
            number: (found.get(number) or await self._group(call.to))[:_MOST_DIRECT]
            for number, call in enumerate(incident.calls, start=1)
        }

    async def _look_up(self, number: int, call: Call) -> e.PeopleFound | None:
        """None where the names say it all, or where there is nobody at all."""
        people, faults = await self._people(call.to)
        if people and not any(name.startswith(ROTA) for name in call.to):
            return None
        instead = ""
        if not people:
            why = "; ".join(faults) or f"nobody is behind {', '.join(call.to) or 'OPSBOT_ONCALL'}"
            people, _ = await self._people(self._standing_in)
            instead = f"{why}; the approvers are called instead"
            log.warning("call %d: %s", number, instead)
        if not people:
            return None
        return e.PeopleFound(
            at=call.at, actor="opsbot", call=number, people=people, instead=instead
        )

    async def _people(self, names: Iterable[str]) -> tuple[tuple[str, ...], list[str]]:
        """User ids behind the names, and why some could not be read."""
        people: set[str] = set()
        faults: list[str] = []
        for name in names:
            try:
                people |= await self._directory.audience(name)
            except RotaUnreadableError as error:
                faults.append(str(error))
            except SlackApiError as error:
                if away(error):
                    raise  # Slack is away, so nobody could be told now: who it is waits too
                faults.append(f"{name} can't be read: Slack refuses: {error.response['error']}")
        return tuple(sorted(people)), faults

    async def _group(self, names: Iterable[str]) -> tuple[str, ...]:
        return (await self._people(n for n in names if not n.startswith(ROTA)))[0]
