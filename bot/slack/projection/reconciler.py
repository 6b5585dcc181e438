"""Brings a thread's slots to what they should be, in their order, its root first."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from slack_sdk.errors import SlackApiError

from bot.domain.crashpoints import crashpoint
from bot.domain.ports import Posted, SlotStore
from bot.slack.posting.messages import Messages
from bot.slack.posting.rates import NotYetError
from bot.slack.posting.refused import ClosedError, ThreadGoneError, closed, nobody_there, of_itself
from bot.slack.slots import Slot

log = logging.getLogger(__name__)
_CARD_SECONDS = 1.0
_CLOSED_SECONDS = 30.0
"""Until a channel that takes nothing is tried again."""
_REFUSED_SECONDS = 15.0
"""Until a message that Slack refused is tried again as it is: each try takes a turn from others."""


class Reconciler:
    """One for all threads of a process; whoever calls holds the thread's lease."""

    def __init__(self, store: SlotStore, messages: Messages, channel: str) -> None:
        """`channel`: id of the one in which roots are posted."""
        self._store = store
        self._messages = messages
        self._channel = channel
        self._closed: dict[str, tuple[float, ClosedError]] = {}
        """Channel → when it is tried again, and why it takes nothing."""
        self._refused: dict[tuple[str, str], tuple[float, Slot, SlackApiError]] = {}
        """Incident and slot → when it is tried again, as it was refused, and why."""

    @property
    def closed(self) -> list[str]:
        """Which channels take nothing, and what to do about it."""
        return [str(why) for _, (_, why) in sorted(self._closed.items())]

    def refuses(self, name: str) -> bool:
        """Whether Slack refused a message of that thread, as it stood at the last look."""
        return any(thread == name for thread, _ in self._refused)

    async def reconcile(
        self,
        name: str,
        slots: Sequence[Slot],
        posted: dict[str, Posted],
        heard: str = "",
        *,
        root: str = "card",
    ) -> None:
        """Post, edit or leave each; `posted` is brought up to date. `heard`: a person's last word;
        `root`: the slot on which the thread hangs.

        Raises NotYetError, ClosedError, and what else Slack raised.
        """
        later: list[NotYetError] = []
        refused: SlackApiError | None = None
        urgent = _urgent(slots, posted)
        self._forget_refusals(name, slots)
        for slot in slots:
            top = posted.get(root)
            if slot.id != root and not slot.channel and (top is None or not top.ts):
                break
            refused_before = self._refusal(name, slot)
            if refused_before:
                refused = refused_before
                continue
            try:
                known = posted.get(slot.id)
                now = await self._one(
                    name, slot, known, None if slot.id == root else top, slot.id in urgent, heard
                )
                if now is None:
                    posted.pop(slot.id, None)
                else:
                    posted[slot.id] = now
            except NotYetError as rest:
                later.append(rest)
                # Nothing may stand before a message that is still to be posted.
                if not slot.channel and (known is None or known.status == "posting"):
                    break
            except ThreadGoneError:
                log.warning("%s: its card was deleted in Slack; it gets another", name)
                lost = Posted(status="posting", channel=top.channel if top else self._channel)
                await self._store.save(name, root, lost)
                raise NotYetError(_CARD_SECONDS) from None
            except SlackApiError as error:
                if slot.id == root or not of_itself(error):
                    raise
                # What comes after it may call a person, who must not be kept waiting by it.
                refused = error
                until = asyncio.get_running_loop().time() + _REFUSED_SECONDS
                self._refused[name, slot.id] = (until, slot, error)
        if later:
            soonest = min(rest.seconds for rest in later)
            raise NotYetError(soonest, urgent=any(rest.urgent for rest in later))
        if refused:
            raise refused

    async def links(self, posted: dict[str, Posted]) -> dict[str, str]:
        """Addresses of the messages that others link to."""
        linked = ("approval:", "card", "storm")
        wanted = {slot: p for slot, p in posted.items() if slot.startswith(linked) and p.ts}
        found = {slot: await self._messages.permalink(p) for slot, p in wanted.items()}
        return {slot: link for slot, link in found.items() if link}

    async def _one(
        self,
        name: str,
        slot: Slot,
        known: Posted | None,
        top: Posted | None,
        urgent: bool,
        heard: str,
    ) -> Posted | None:
        place = slot.channel or (top.channel if top else known.channel if known else self._channel)
        inside = top.ts if top and not slot.channel else None
        self._check(place)
        try:
            now = await self._messages.reconcile(
                name,
                slot,
                known,
                place,
                slot.thread_ts or inside,
                urgent=urgent,
                heard=heard,
            )
        except SlackApiError as error:
            if slot.channel and nobody_there(error):
                said = error.response.get("error")
                log.warning("%s: %s is not told of %s: %s", name, place, slot.id, said)
                now = Posted(status="refused", channel=place)
                await self._store.save(name, slot.id, now)
            elif closed(error):
                raise self._close(place, str(error.response.get("error"))) from error
            else:
                raise
        else:
            if self._closed.pop(place, None):
                log.warning("%s takes messages again", place)
        if slot.id == "report":
            crashpoint("F1")
        return now

    def _forget_refusals(self, name: str, slots: Sequence[Slot]) -> None:
        """Of what isn't to be shown any more."""
        kept = {slot.id for slot in slots}
        for thread, slot_id in [key for key in self._refused if key[0] == name]:
            if slot_id not in kept:
                del self._refused[thread, slot_id]

    def _refusal(self, name: str, slot: Slot) -> SlackApiError | None:
        """Why it isn't tried again yet, where it still is what was refused."""
        until, as_it_was, why = self._refused.get((name, slot.id), (0.0, slot, None))
        if why and as_it_was == slot and asyncio.get_running_loop().time() < until:
            return why
        self._refused.pop((name, slot.id), None)
        return None

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


def _urgent(slots: Sequence[Slot], posted: dict[str, Posted]) -> set[str]:
    """What is still to be posted before the last message that needs a person, and that."""
    waits = [n for n, slot in enumerate(slots) if slot.rings and _to_post(slot, posted)]
    return {slot.id for slot in slots[: waits[-1] + 1]} if waits else set()


def _to_post(slot: Slot, posted: dict[str, Posted]) -> bool:
    known = posted.get(slot.id)
    return not slot.moot and (known is None or known.status == "posting")
