"""Keeps Slack as the ledger says: woken by the feed, folds, reconciles slots."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from typing import Protocol

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError

from bot.domain import events as e
from bot.domain.crashpoints import crashpoint
from bot.domain.incident import Incident
from bot.domain.ports import Ledger, Posted, SlotStore
from bot.incidents.cancellation import end_if_cancelled
from bot.incidents.pace import NORMAL, Pace
from bot.incidents.smaller import Declared
from bot.slack.callees import Callees
from bot.slack.directory import SlackDirectory
from bot.slack.messages import Messages, NotYetError, ThreadGoneError
from bot.slack.scene import Scene
from bot.slack.views.thread import thread

log = logging.getLogger(__name__)
_AT_ONCE = 8
_POLL_SECONDS = 1.0
_BREATH_SECONDS = 0.1
"""Between two looks at the feed: an investigation wakes it many times a second."""
_BACK_OFF_SECONDS = 2.0
_UNSHOWN_SECONDS = 60.0
"""After which what can't be shown is a reason to call people otherwise."""
_LINK_SECONDS = 0.05
"""Until the next look, which knows the address of what was just posted."""


class Feed(Protocol):
    """What changed and is not shown yet."""

    async def changed(self, count: int) -> list[tuple[str, float]]: ...

    async def projected(self, incident_id: str, sequence: float) -> None: ...

    def wakes(self) -> AsyncIterator[None]:
        """One item at each change; may miss some, for the projector looks by itself as well."""


class Projector:
    """Order within a thread holds with any number of replicas: each incident under a lease.

    After an hour without Slack it shows what is true then, not every line it missed.
    """

    def __init__(
        self,
        ledger: Ledger,
        feed: Feed,
        store: SlotStore,
        messages: Messages,
        directory: SlackDirectory,
        channel: str,
        pace: Pace = NORMAL,
        *,
        standing_in: Sequence[str] = (),
        declared: Declared | None = None,
    ) -> None:
        """`channel`: id of the channel in which incidents open. `standing_in`: who is called
        where nobody is behind the names that were to be. `declared`: what may be made smaller.
        """
        self._ledger = ledger
        self._feed = feed
        self._store = store
        self._messages = messages
        self._directory = directory
        self._callees = Callees(ledger, directory, standing_in)
        self._channel = channel
        self._declared = declared or {}
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
        return f"{', '.join(late)} can't be shown" if late else None

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
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._woken.wait()
                await asyncio.sleep(looked + _BREATH_SECONDS - clock())
                end_if_cancelled()

    async def _listen(self) -> None:
        while True:
            try:
                async for _ in self._feed.wakes():
                    self._woken.set()
            except Exception:
                log.exception("the feed was cut; listening again")
                await asyncio.sleep(_POLL_SECONDS)

    async def _round(self, tasks: asyncio.TaskGroup) -> float:
        """Start on what has changed; seconds until something that rests is due again."""
        now = asyncio.get_running_loop().time()
        pause = _POLL_SECONDS
        changed = await self._feed.changed(500)
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
        lease = f"slack|{incident_id}"
        rest = 0.0
        try:
            token = await self._ledger.acquire(lease, self._lease_seconds)
            if token is None:
                rest = _POLL_SECONDS
                return
            # Slack may ask a call to wait for longer than the lease lasts.
            renewing = asyncio.create_task(self._renew(lease, token))
            try:
                await self.project(incident_id)
                await self._feed.projected(incident_id, sequence)
                self._failing.pop(incident_id, None)
            finally:
                renewing.cancel()
                await self._ledger.release(lease, token)
        except NotYetError as later:
            rest = later.seconds
            self._failing.pop(incident_id, None)
        except Exception as error:
            if isinstance(error, SlackApiError | ClientError | TimeoutError | OSError):
                log.warning("%s: Slack doesn't take it, tried again: %s", incident_id, error)
            else:
                log.exception("%s can't be shown; it is tried again", incident_id)
            rest = _BACK_OFF_SECONDS
            self._failing.setdefault(incident_id, asyncio.get_running_loop().time())
        finally:
            self._resting.pop(incident_id, None)
            if rest > 0:
                self._resting[incident_id] = asyncio.get_running_loop().time() + rest
            self._busy.discard(incident_id)
            self._woken.set()

    async def _renew(self, lease: str, token: str) -> None:
        held = True
        while held:
            await asyncio.sleep(self._lease_seconds / 3)
            with suppress(Exception):
                held = await self._ledger.extend(lease, token, self._lease_seconds)
            end_if_cancelled()

    async def project(self, incident_id: str) -> None:
        """Bring every message of the incident up to date. Raises what Slack raised."""
        incident = await self._ledger.load(incident_id)
        if not incident.exists:
            return
        posted = await self._store.all(incident_id)
        work = await self._callees.find(incident, tuple(await self._ledger.work(incident_id)))
        scene = Scene(
            incident=incident,
            work=work,
            people=await self._directory.people(_who(incident, work)),
            links=await self._links(posted),
            reached=await self._callees.reached(incident, work),
            declared=self._declared,
        )
        later: NotYetError | None = None
        for slot in thread(scene):
            root = posted.get("card")
            if slot.id != "card" and (root is None or not root.ts):
                break
            place = slot.channel or (root.channel if root else self._channel)
            inside = root.ts if root and slot.id != "card" and not slot.channel else None
            where = slot.thread_ts or inside
            known = posted.get(slot.id)
            try:
                posted[slot.id] = await self._messages.reconcile(
                    incident_id, slot, known, place, where
                )
                if slot.id == "report":
                    crashpoint("F1")
            except NotYetError as rest:
                later = rest
                # Nothing may stand before a message that is still to be posted.
                if known is None or known.status == "posting":
                    break
            except ThreadGoneError:
                log.warning("%s: its card was deleted in Slack; it gets another", incident_id)
                lost = Posted(status="posting", channel=place)
                await self._store.save(incident_id, "card", lost)
                raise NotYetError(_POLL_SECONDS) from None
        if later is not None:
            raise later
        if await self._links(posted) != scene.links:
            raise NotYetError(_LINK_SECONDS)

    async def _links(self, posted: dict[str, Posted]) -> dict[str, str]:
        linked = ("approval:", "card")
        wanted = {slot: p for slot, p in posted.items() if slot.startswith(linked) and p.ts}
        found = {slot: await self._messages.permalink(p) for slot, p in wanted.items()}
        return {slot: link for slot, link in found.items() if link}


def _who(incident: Incident, work: Iterable[e.WorkEvent]) -> set[str]:
    """Everybody a view may name."""
    who = {name for call in incident.calls for name in (*call.to, *call.then)}
    who |= {user for w in work if isinstance(w, e.PeopleFound) for user in w.people}
    who |= {person for person in (incident.taken_by, incident.commander) if person}
    if incident.diagnosis:
        who |= {owner for f in incident.diagnosis.follow_ups for owner in f.owners}
    for state in incident.fixes:
        who |= {decision.by for decision in state.decisions} | {state.plan.requester}
        who |= {event.actor for event in (state.halt, state.undo) if event}
        if state.verdict.kind == "ask":
            who |= set(state.verdict.approvers)
    return who
