"""One incident's thread: folds, and reconciles its slots in their order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence

from slack_sdk.errors import SlackApiError

from bot.domain import events as e
from bot.domain.crashpoints import crashpoint
from bot.domain.incident import Incident
from bot.domain.ports import Ledger, Posted, SlotStore
from bot.incidents.smaller import Declared
from bot.slack.callees import Callees
from bot.slack.directory import SlackDirectory
from bot.slack.messages import Messages
from bot.slack.quiet import quiet
from bot.slack.rates import NotYetError
from bot.slack.refused import ClosedError, ThreadGoneError, closed, nobody_there, of_itself
from bot.slack.scene import Scene
from bot.slack.slots import Slot
from bot.slack.views.thread import thread

log = logging.getLogger(__name__)
_LINK_SECONDS = 0.05
"""Until the next look, which knows the address of what was just posted."""
_CARD_SECONDS = 1.0
_CLOSED_SECONDS = 30.0
"""Until a channel that takes nothing is tried again."""


class Threads:
    """Brings the messages of an incident up to date; whoever calls holds its lease."""

    def __init__(
        self,
        ledger: Ledger,
        store: SlotStore,
        messages: Messages,
        directory: SlackDirectory,
        channel: str,
        *,
        standing_in: Sequence[str],
        declared: Declared,
        oncall: Sequence[str],
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._messages = messages
        self._directory = directory
        self._callees = Callees(ledger, directory, standing_in)
        self._channel = channel
        self._declared = declared
        self._oncall = tuple(oncall)
        self._closed: dict[str, tuple[float, ClosedError]] = {}
        """Channel → when it is tried again, and why it takes nothing."""

    @property
    def closed(self) -> list[str]:
        """Which channels take nothing, and what to do about it."""
        return [str(why) for _, (_, why) in sorted(self._closed.items())]

    async def show(self, incident_id: str) -> None:
        """Raises NotYetError, ClosedError, and what else Slack raised."""
        incident = await self._ledger.load(incident_id)
        if not incident.exists:
            return
        posted = await self._store.all(incident_id)
        scene = await self._scene(incident, posted)
        slots = quiet(incident_id, thread(scene), posted, scene.last_word)
        await self._reconcile(incident_id, slots, posted, scene.last_word)
        if await self._links(posted) != scene.links:
            raise NotYetError(_LINK_SECONDS, urgent=True)

    async def _scene(self, incident: Incident, posted: dict[str, Posted]) -> Scene:
        noted = tuple(await self._ledger.work(incident.id))
        work = await self._callees.find(incident, noted)
        return Scene(
            incident=incident,
            work=work,
            people=await self._directory.people(_who(incident, work) | set(self._oncall)),
            links=await self._links(posted),
            reached=await self._callees.reached(incident, work),
            declared=self._declared,
            oncall=self._oncall,
        )

    async def _reconcile(
        self, incident_id: str, slots: Sequence[Slot], posted: dict[str, Posted], heard: str
    ) -> None:
        later: list[NotYetError] = []
        refused: SlackApiError | None = None
        urgent = _urgent(slots, posted)
        for slot in slots:
            root = posted.get("card")
            if slot.id != "card" and (root is None or not root.ts):
                break
            try:
                await self._one(incident_id, slot, posted, slot.id in urgent, heard)
            except NotYetError as rest:
                later.append(rest)
                known = posted.get(slot.id)
                # Nothing may stand before a message that is still to be posted.
                if not slot.channel and (known is None or known.status == "posting"):
                    break
            except ThreadGoneError:
                log.warning("%s: its card was deleted in Slack; it gets another", incident_id)
                lost = Posted(status="posting", channel=root.channel if root else self._channel)
                await self._store.save(incident_id, "card", lost)
                raise NotYetError(_CARD_SECONDS) from None
            except SlackApiError as error:
                if slot.id == "card" or not of_itself(error):
                    raise
                # What comes after it may call a person, who must not be kept waiting by it.
                refused = error
        if refused:
            raise refused
        if later:
            soonest = min(rest.seconds for rest in later)
            raise NotYetError(soonest, urgent=any(rest.urgent for rest in later))

    async def _one(
        self,
        incident_id: str,
        slot: Slot,
        posted: dict[str, Posted],
        urgent: bool,
        heard: str,
    ) -> None:
        root = posted.get("card")
        place = slot.channel or (root.channel if root else self._channel)
        inside = root.ts if root and slot.id != "card" and not slot.channel else None
        self._check(place)
        try:
            now = await self._messages.reconcile(
                incident_id,
                slot,
                posted.get(slot.id),
                place,
                slot.thread_ts or inside,
                urgent=urgent,
                heard=heard,
            )
        except SlackApiError as error:
            if slot.channel and nobody_there(error):
                said = error.response.get("error")
                log.warning("%s: %s is not told of %s: %s", incident_id, place, slot.id, said)
                now = Posted(status="refused", channel=place)
                await self._store.save(incident_id, slot.id, now)
            elif closed(error):
                raise self._close(place, str(error.response.get("error"))) from error
            else:
                raise
        else:
            if self._closed.pop(place, None):
                log.warning("%s takes messages again", place)
        if now is None:
            posted.pop(slot.id, None)
        else:
            posted[slot.id] = now
        if slot.id == "report":
            crashpoint("F1")

    def _check(self, place: str) -> None:
        until, why = self._closed.get(place, (0.0, None))
        if why and asyncio.get_running_loop().time() < until:
            raise why

    def _close(self, place: str, error: str) -> ClosedError:
        why = ClosedError(place, error)
        _, before = self._closed.get(place, (0.0, None))
        if str(before) != str(why):
            log.error("nothing can be said in Slack: %s", why)
        self._closed[place] = (asyncio.get_running_loop().time() + _CLOSED_SECONDS, why)
        return why

    async def _links(self, posted: dict[str, Posted]) -> dict[str, str]:
        linked = ("approval:", "card")
        wanted = {slot: p for slot, p in posted.items() if slot.startswith(linked) and p.ts}
        found = {slot: await self._messages.permalink(p) for slot, p in wanted.items()}
        return {slot: link for slot, link in found.items() if link}


def _urgent(slots: Sequence[Slot], posted: dict[str, Posted]) -> set[str]:
    """What is still to be posted before the last message that needs a person, and that."""
    waits = [n for n, slot in enumerate(slots) if slot.rings and _to_post(slot, posted)]
    return {slot.id for slot in slots[: waits[-1] + 1]} if waits else set()


def _to_post(slot: Slot, posted: dict[str, Posted]) -> bool:
    known = posted.get(slot.id)
    return not slot.moot and (known is None or known.status == "posting")


def _who(incident: Incident, work: Iterable[e.WorkEvent]) -> set[str]:
    """Everybody a view may name."""
    who = {name for call in incident.calls for name in (*call.to, *call.then)}
    who |= {user for w in work if isinstance(w, e.PeopleFound) for user in w.people}
    if incident.taken_by:
        who.add(incident.taken_by)
    if incident.diagnosis:
        who |= {owner for f in incident.diagnosis.follow_ups for owner in f.owners}
    for state in incident.fixes:
        who |= {decision.by for decision in state.decisions} | {state.plan.requester}
        if state.verdict.kind == "ask":
            who |= set(state.verdict.approvers)
    return who
